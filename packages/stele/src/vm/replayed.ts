// A log's calls run again in a thread, and what they left, to be compared with what a service says.
import { mkdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { StateReader } from '@stele/entries/calls'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import { type KeptEntry, readBodyPart } from '@stele/entries/parts'
import { errorFromText, SteleError } from '@stele/errors'
import { openCloneFolder, requireCloneFolder } from '../clone/clone-folder.ts'
import { partNames } from '../clone/engine-parts.ts'
import { writeFiles } from '../clone/write-files.ts'
import { incompleteMark } from '../sources/source.ts'
import { createCallClock, findOverdue } from '../verify/call-clock.ts'
import { defaultCallTimeoutS, overdueCheckMs, threadLimits } from '../verify/limits.ts'
import { type CallLog, openCallLog } from './call-log.ts'
import { type CallLogSource, genesisCode } from './call-log-source.ts'
import { FilesArchive } from './files-archive.ts'
import { MemoryState } from './memory-state.ts'
import type { Rerun, RerunData, RerunNews } from './rerun.ts'
import { mainModule } from './thread.ts'

/** What came of a log's calls, run again. */
export type Replayed = {
  readonly code: string
  readonly callLog: CallLog
  readonly filesArchive: FilesArchive
}

/** Runs all of it again. Throws `entry_mismatch` for an entry that cannot have been, `verify_impossible`, `copy_incomplete`, `data_invalid` for a folder of something else. */
export async function replayLog(source: CallLogSource, dir: string): Promise<Replayed> {
  const size = source.size()
  const entries = await source.entries(0, size)
  const url = source.filesArchiveUrl
  requireCloneFolder(dir)
  const blobs = await scriptBlobs(entries, source)
  const { effects, rows } = await runInThread({ url, entries, blobs, calls: createCallClock(1) })
  const again = entries.map((entry, position): KeptEntry => {
    return { ...entry, effects: effects[position] ?? null, values: null }
  })
  const code = await genesisCode(source)
  const callLog = openCallLog({
    size: () => again.length,
    entries: (start, count) => again.slice(start, start + count),
    blob: source.blob,
    filesArchiveUrl: url,
  })
  const state = new MemoryState(rows)
  keepFiles(dir, state)
  return { code, callLog, filesArchive: new FilesArchive(url, state) }
}

function keepFiles(dir: string, state: StateReader): void {
  mkdirSync(dir, { recursive: true })
  const folder = openCloneFolder(dir)
  const at = { entry: 0, timeMs: 0 }
  writeFiles(folder, {
    list: state.list,
    row: (object, field) => ({ value: state.get(object, field), ...at }),
    rows: () => [],
  })
  folder.change([{ remove: incompleteMark }, { sync: true }])
}

/** The scripts and engines that it has run, with the parts of these. */
async function scriptBlobs(
  entries: readonly KeptEntry[],
  source: CallLogSource,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const blobs = new Map<string, Uint8Array>()
  const take = async (name: string): Promise<Uint8Array | undefined> => {
    const bytes = blobs.get(name) ?? (await source.blob(name))
    if (bytes !== undefined) blobs.set(name, Uint8Array.from(bytes))
    return bytes
  }
  for (const { script, engine } of entries.flatMap(settingsOf)) {
    if (script !== undefined) await take(script)
    const bytes = engine === undefined ? undefined : await take(engine)
    for (const part of bytes === undefined ? [] : partNames(bytes)) await take(part)
  }
  return blobs
}

function settingsOf({ leaf, body }: KeptEntry): readonly {
  readonly script: string | undefined
  readonly engine: string | undefined
}[] {
  const { kind } = parseLeaf(leaf)
  if (body === null || (kind !== entryKinds.genesis && kind !== entryKinds.config)) return []
  const read = readBodyPart(kind, body)
  if (read.kind === entryKinds.genesis) return [read.body]
  if (read.kind !== entryKinds.config) return []
  const text = (name: string): string | undefined => {
    const value = read.body.set[name]
    return typeof value === 'string' ? value : undefined
  }
  return [{ script: text('script'), engine: text('engine') }]
}

/** One thread for one log. A call that does not end is ended from here. */
async function runInThread(data: RerunData): Promise<Rerun> {
  const { url, calls } = data
  const worker = new Worker(mainModule, {
    workerData: { role: 'rerun', data },
    resourceLimits: threadLimits,
  })
  let watch: NodeJS.Timeout | undefined
  try {
    return await new Promise<Rerun>((resolve, reject) => {
      watch = setInterval(() => {
        const entry = findOverdue(calls, defaultCallTimeoutS * 1000)
        if (entry === undefined) return
        const reason = `entry ${entry} ran longer than ${defaultCallTimeoutS} seconds`
        reject(new SteleError('verify_impossible', { url, reason }))
      }, overdueCheckMs)
      worker.on('error', reject)
      worker.on('exit', () => reject(new Error('The thread ended before the log did')))
      worker.on('message', (news: RerunNews) => {
        if ('done' in news) resolve(news.done)
        else reject(errorFromText(news.error))
      })
    })
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}
