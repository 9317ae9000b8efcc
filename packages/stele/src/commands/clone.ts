// stele clone <url> <dir>: a copy of a service that needs the service no more.
import { resolve } from 'node:path'
import { isSteleError, SteleError } from '@stele/errors'
import { foldersOf } from '../verify/command.ts'
import { loadKnown } from '../verify/kept-store.ts'
import type { Source } from '../verify/messages.ts'
import { openSource } from '../verify/open-source.ts'
import { cloning, createProgressLines } from '../verify/progress-lines.ts'
import { readCommon } from '../verify/read-options.ts'
import { type CloneOptions, type CloneReport, cloneService } from '../vm/clone.ts'
import { parseLogSource } from '../vm/source.ts'
import type { Command, Input } from './command.ts'

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
      '% and what a disk cannot hold are written as % and two hex digits in the names of files.',
      'For services of scripts: of a registry, copy the public folder.',
    ],
  },
  run,
  view,
}

async function run({ positionals, options, environment, stop }: Input): Promise<CloneReport> {
  const [address, target, ...more] = positionals
  if (address === undefined || target === undefined) {
    throw wrongUsage('Say what and where to: stele clone https://service.example ./copy')
  }
  if (more.length > 0) throw wrongUsage(`Too many arguments: ${more.join(' ')}`)
  const { key } = readKey(options)
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
      ...(key === undefined ? {} : { key }),
      ...knownAt(source, foldersOf(environment)),
    })
  } finally {
    progress.clear()
  }
}

/** What a verification has seen at this address. */
function knownAt(
  source: Source,
  folders: Parameters<typeof loadKnown>[0],
): Pick<CloneOptions, 'known'> {
  if (source.kind !== 'http') return {}
  const log = loadKnown(folders, source.root, () => undefined)
  if (log === undefined) return {}
  const day = new Date(log.verifiedMs).toISOString().slice(0, 10)
  return { known: { ...log, day, seen: `verified on ${day}` } }
}

function readKey(options: Input['options']): ReturnType<typeof readCommon> {
  try {
    return readCommon({ key: options['key'] })
  } catch (error) {
    if (!isSteleError(error, 'usage_wrong')) throw error
    throw wrongUsage(error.details.reason)
  }
}

function view({ dir, origin, size, newEntries, files, repaired }: CloneReport): string {
  const lines = [
    `Cloned ${origin} to ${dir}`,
    `  Call log: ${size} entries, ${newEntries} of them new`,
    ...(repaired ? ['  The copy was damaged: all of it was read again'] : []),
  ]
  if (files === null)
    return [...lines, '  Files: not known, since the log lacks too much'].join('\n')
  const { total, written, removed, respelt, foreign, withheld } = files
  return [
    ...lines,
    `  Files: ${total}, ${written} of them written, ${removed} removed`,
    ...(respelt > 0 ? [`  ${respelt} names are written with % in the copy`] : []),
    ...(withheld.length > 0 ? [`  Taken down, and not there: ${shown(withheld)}`] : []),
    ...(foreign.length > 0 ? [`  Not of the service, and left alone: ${shown(foreign)}`] : []),
  ].join('\n')
}

function shown(paths: readonly string[]): string {
  const some = paths.slice(0, 5).map((path) => JSON.stringify(path))
  return paths.length > some.length ? `${some.join(', ')} and others` : some.join(', ')
}

function wrongUsage(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'clone' })
}
