// Compares logs and files: NodeVMS's Verifier.
import { SteleError } from '@stele/errors'
import { firstDifference, quoteBytes } from '../script-files/byte-difference.ts'
import { joinPath } from '../script-files/file-paths.ts'
import type { CallLog, CallLogEntry } from './call-log.ts'
import type { FilesArchive } from './files-archive.ts'
import { maxShownChars } from './limits.ts'

/** Throws on any difference, naming the first. The first of the two is what is found, the second what it should be. */
export const Verifier: {
  readonly compareLogs: (found: CallLog, wanted: CallLog) => Promise<void>
  readonly compareArchives: (found: FilesArchive, wanted: FilesArchive) => Promise<void>
} = { compareLogs, compareArchives }

/** Throws `entry_mismatch`. */
async function compareLogs(found: CallLog, wanted: CallLog): Promise<void> {
  const [is, should] = [await found.list(), await wanted.list()]
  const length = Math.max(is.length, should.length)
  for (let entry = 0; entry < length; entry++) {
    const [one, other] = [is[entry], should[entry]]
    const what = differs(one, other)
    if (what === undefined) continue
    const facts = { found: show(one, what), wanted: show(other, what) }
    throw new SteleError('entry_mismatch', { entry, what: `its ${what}`, ...facts })
  }
}

type Part = 'place in the log' | 'script' | "files' address" | 'call' | 'result'

/** What is different first of two entries. */
function differs(one: CallLogEntry | undefined, other: CallLogEntry | undefined): Part | undefined {
  if (one?.type !== other?.type || one === undefined || other === undefined)
    return 'place in the log'
  const parts: readonly Part[] =
    one.type === 'init' ? ['script', "files' address"] : ['call', 'result']
  return parts.find((part) => textOf(one, part) !== textOf(other, part))
}

function textOf(entry: CallLogEntry, part: Part): string {
  const value =
    entry.type === 'init'
      ? part === 'script'
        ? entry.code
        : entry.filesArchiveUrl
      : part === 'call'
        ? entry.call
        : entry.result
  return JSON.stringify(value)
}

function show(entry: CallLogEntry | undefined, part: Part): string {
  if (entry === undefined) return 'nothing'
  return cut(part === 'place in the log' ? JSON.stringify(entry) : textOf(entry, part))
}

/** Throws `archive_mismatch`. */
async function compareArchives(found: FilesArchive, wanted: FilesArchive): Promise<void> {
  const folders = ['/']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const [is, should] = [await namesIn(found, folder), await namesIn(wanted, folder)]
    for (const name of [...new Set([...is.keys(), ...should.keys()])].toSorted()) {
      const path = joinPath(folder, name)
      const [one, other] = [is.get(name), should.get(name)]
      if (one !== other) {
        throw mismatch({ path, what: 'it', found: one ?? 'nothing', wanted: other ?? 'nothing' })
      }
      if (one === 'a folder') folders.push(path)
      else await compareFile(path, found, wanted)
    }
  }
}

type Kind = 'a file' | 'a folder'

async function namesIn(archive: FilesArchive, folder: string): Promise<Map<string, Kind>> {
  const kinds = new Map<string, Kind>()
  for (const name of await archive.readdir(folder)) {
    const stat = await archive.stat(joinPath(folder, name))
    kinds.set(name, stat.isDirectory() ? 'a folder' : 'a file')
  }
  return kinds
}

async function compareFile(path: string, found: FilesArchive, wanted: FilesArchive): Promise<void> {
  const [is, should] = [await found.readFile(path, 'binary'), await wanted.readFile(path, 'binary')]
  if (Buffer.compare(is, should) === 0) return
  const from = firstDifference(is, should)
  const facts = {
    found: quoteBytes(is, from, maxShownChars),
    wanted: quoteBytes(should, from, maxShownChars),
  }
  throw mismatch({ path, what: `its bytes from number ${from} on`, ...facts })
}

function mismatch(details: {
  readonly path: string
  readonly what: string
  readonly found: string
  readonly wanted: string
}): SteleError {
  return new SteleError('archive_mismatch', details)
}

function cut(text: string): string {
  return text.length > maxShownChars ? `${text.slice(0, maxShownChars)}…` : text
}
