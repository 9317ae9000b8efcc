// Does an operator's wish: on the running server where there is one, else on the data folder itself.
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { openStorage, type Storage } from '@stele/storage'
import { dataPaths } from '@stele/storage/folder'
import type { Input, Usage } from '../command-input.ts'
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
  requireLog(settings)
  const answer = await askAdmin(dataPaths(settings.dir).adminSocket, ask)
  if (answer !== undefined) return answer
  const server = await openServer(settings, { main: input.main, report: () => undefined })
  try {
    return await doAdmin(server, ask)
  } finally {
    await server.close()
  }
}

/** The storage of a folder's log. Throws `data_invalid` where it has none, or one that is not this user's to change. */
export function requireLog({ dir, publicFolder }: Settings): Storage {
  const storage = openStorage({ dir, publicFolder })
  if (storage.hasLog()) return storage
  const reason = 'there is no registry in it; "stele serve" makes one, --dir names another folder'
  throw new SteleError('data_invalid', { path: dir, reason })
}

/** The settings of the folder that the command is about. */
export function folderSettings({ options: { config, dir }, environment }: Input): Settings {
  return loadSettings({
    flags: { dir },
    environment,
    file: typeof config === 'string' ? config : environment['STELE_CONFIG'],
  })
}
