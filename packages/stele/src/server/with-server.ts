// Does an operator's wish: on the running server where there is one, else on the data folder itself.
import { accessSync, constants } from 'node:fs'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { type DataPaths, dataPaths, reasonOf } from '@stele/storage/folder'
import type { Input, Usage } from '../commands/command.ts'
import { loadSettings, type Settings } from '../settings/load.ts'
import { askAdmin } from './admin.ts'
import type { AdminAsk } from './admin-ask.ts'
import { doAdmin } from './admin-work.ts'
import { openServer } from './open-server.ts'

/** The options of every command that speaks to a server of this machine. */
export const serverOptions: Usage['options'] = {
  dir: { type: 'string', value: 'folder', summary: 'the data folder (default ./data)' },
  config: {
    type: 'string',
    value: 'file',
    summary: 'the configuration file (default ./stele.yaml)',
  },
}

/** What the server, or this process in its stead, answers. */
export async function askServer(input: Input, ask: AdminAsk): Promise<JsonValue> {
  const settings = folderSettings(input)
  const paths = dataPaths(settings.dir)
  requireLog(paths)
  const answer = await askAdmin(paths.adminSocket, ask)
  if (answer !== undefined) return answer
  const server = await openServer(settings, { main: input.main, report: () => undefined })
  try {
    return await doAdmin(server, ask)
  } finally {
    await server.close()
  }
}

/** Throws `data_invalid` where the folder has no log, or one that is not this user's to change. */
export function requireLog({ root, log }: DataPaths): void {
  try {
    accessSync(log, constants.R_OK | constants.W_OK) // "Does it exist?" is answered with no where it cannot be seen.
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const reason =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'there is no registry in it; "stele serve" makes one, --dir names another folder'
        : reasonOf(cause)
    throw new SteleError('data_invalid', { path: root, reason }, { cause })
  }
}

/** The settings of the folder that the command is about. */
export function folderSettings({ options: { config, dir }, environment }: Input): Settings {
  return loadSettings({
    flags: { dir },
    environment,
    file: typeof config === 'string' ? config : environment['STELE_CONFIG'],
  })
}
