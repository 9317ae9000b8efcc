// stele admin rebuild
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { lockDataFolder } from '@stele/storage/folder'
import { folderSettings, requireLog, serverOptions } from '../server/with-server.ts'
import { registryKind } from '../services/registry/kind.ts'
import type { Command, Input } from './command.ts'

type Report = { readonly rebuilt: readonly string[]; readonly entries: number }

/** Works on a data folder that no server is using. */
export const admin: Command<Report> = {
  usage: {
    name: 'admin',
    summary: 'Make again what the registry derives from its log: package pages, search',
    arguments: 'rebuild',
    options: serverOptions,
    notes: [
      'Stop the server first. The log itself is never changed',
      'A server does this by itself after an upgrade that needs it',
    ],
  },
  run: (input) => {
    const [what, ...rest] = input.positionals
    if (what === 'rebuild' && rest.length === 0) return rebuild(input)
    throw new SteleError('usage_wrong', { reason: 'Say what to do: rebuild', command: 'admin' })
  },
  view: ({ rebuilt, entries }) =>
    `Rebuilt ${rebuilt.join(', ')} from ${entries} entries of the log`,
}

async function rebuild(input: Input): Promise<Report> {
  const settings = folderSettings(input)
  const storage = requireLog({ ...settings, publicFolder: false })
  using opened = new DisposableStack()
  opened.adopt(lockDataFolder(settings.dir), (lock) => lock.release())
  const projections = await registryKind.projections()
  const { store, replica, close } = storage.openHome({ projections })
  opened.defer(close)
  replica.forgetAll()
  const rebuilt = replica.lagging().map(({ name }) => name)
  for (const _ of replica.catchUp()) await nextTurn()
  return { rebuilt, entries: store.head()?.size ?? 0 }
}
