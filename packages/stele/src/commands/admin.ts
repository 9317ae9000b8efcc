// stele admin rebuild|publish
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FolderReport } from '@stele/log/published'
import { lockDataFolder } from '@stele/storage/folder'
import { publishFolder } from '../server/publish-folder.ts'
import { folderSettings, requireLog, serverOptions } from '../server/with-server.ts'
import { registryKind } from '../services/registry/kind.ts'
import { type Command, type Input, usageError } from './command.ts'
import { folderLines, isFolderRight } from './folder-text.ts'

const usageWrong = usageError('admin')

type Rebuilt = { readonly rebuilt: readonly string[]; readonly entries: number }
type Report = Rebuilt | FolderReport

/** Makes again what follows from the log. */
export const admin: Command<Report> = {
  usage: {
    name: 'admin',
    summary: 'Make again what follows from the log: package pages and search, the public folder',
    arguments: 'rebuild | publish',
    options: {
      ...serverOptions,
      replace: {
        type: 'boolean',
        summary: 'publish: also replace records and tarballs with wrong bytes',
      },
    },
    notes: [
      '"rebuild" makes package pages and search again. Stop the server first; after an upgrade that needs it, it does so by itself',
      '"publish" compares every file of the public folder with the log, and writes those that are missing. The server may be running',
      'The log itself is never changed',
    ],
  },
  run: (input) => {
    const [what, ...rest] = input.positionals
    const replace = input.options['replace'] === true
    if (what === 'publish' && rest.length === 0) {
      return publishFolder(folderSettings(input), { replace })
    }
    if (replace) throw usageWrong('--replace goes with "publish"')
    if (what === 'rebuild' && rest.length === 0) return rebuild(input)
    throw usageWrong('Say what to do: rebuild or publish')
  },
  view: (report) =>
    'rebuilt' in report
      ? `Rebuilt ${report.rebuilt.join(', ')} from ${report.entries} entries of the log`
      : folderLines(report).join('\n'),
  exitCode: (report) => ('rebuilt' in report || isFolderRight(report) ? 0 : 1),
}

async function rebuild(input: Input): Promise<Rebuilt> {
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
