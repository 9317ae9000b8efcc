// stele clone <url> <dir>: a copy of a service that needs the service no more.
import { resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { type CloneOptions, type CloneReport, cloneService } from '../clone/clone-service.ts'
import { formatClone } from '../clone/clone-text.ts'
import { parseLogKey } from '../sources/log-key.ts'
import { openSource } from '../sources/open-source.ts'
import { parseLogSource } from '../sources/service-source.ts'
import type { Source } from '../sources/source.ts'
import { userFolders } from '../user-folders.ts'
import { createContradictionSaver } from '../verify/contradiction-saver.ts'
import { loadKnown } from '../verify/kept-store.ts'
import { cloning, createProgressLines } from '../verify/progress-lines.ts'
import { type Command, type Input, usageError } from './command.ts'

const wrongUsage = usageError('clone')

/** Clones a service. */
export const clone: Command<CloneReport> = {
  usage: {
    name: 'clone',
    summary: 'Copy a service of a script: its call log and its files, checked on the way',
    arguments: '<url or folder> <dir>',
    options: {
      key: {
        type: 'string',
        value: 'key',
        summary: "the log's key, or its fingerprint, known beforehand",
      },
    },
    notes: [
      'The copy holds -/log/ as any web server can serve it, and files/ as plain files. Run it again to bring the copy up to date.',
      'Signatures, hashes and the state are checked while it comes; the calls are not run: "stele vm verify <dir>" does that.',
      'In the names of files % and what some disk cannot hold, or keep apart, are written as % and two hex digits.',
      'For services of scripts: "stele mirror" copies a registry.',
    ],
  },
  run,
  view: formatClone,
  endsItself: true,
}

async function run({ positionals, options, environment, stop }: Input): Promise<CloneReport> {
  const [address, target, ...more] = positionals
  if (address === undefined || target === undefined) {
    throw wrongUsage('Say what and where to: stele clone https://service.example ./copy')
  }
  if (more.length > 0) throw wrongUsage(`Too many arguments: ${more.join(' ')}`)
  const logKey = typeof options['key'] === 'string' ? parseLogKey(options['key']) : undefined
  const source = parseLogSource(address, 'clone')
  const [url, dir] = [source.kind === 'http' ? source.root : source.path, resolve(target)]
  const fetch = openSource(source)
  const progress = createProgressLines(process.stderr, Date.now, cloning)
  progress.ask(url)
  try {
    return await cloneService({
      url,
      dir,
      fetch: (path, maxBytes, accept) => {
        if (stop.aborted) throw new SteleError('clone_stopped', { dir })
        return fetch(path, maxBytes, accept)
      },
      progress: progress.show,
      contradicted: createContradictionSaver(userFolders(environment), (line) => {
        progress.clear()
        process.stderr.write(`${line}\n`)
      }),
      ...(logKey === undefined ? {} : { logKey }),
      ...knownAt(source, userFolders(environment)),
    })
  } finally {
    progress.clear()
  }
}

/** What a verification has seen at this address. */
export function knownAt(
  source: Source,
  folders: Parameters<typeof loadKnown>[0],
): Pick<CloneOptions, 'known'> {
  if (source.kind !== 'http') return {}
  const log = loadKnown(folders, source.root, () => undefined)
  if (log === undefined) return {}
  const day = new Date(log.verifiedMs).toISOString().slice(0, 10)
  return { known: { ...log, day, seen: `verified on ${day}` } }
}
