// Scanners at work: each looks at its places once in a period, and soon after something was changed in them.
import { type FSWatcher, watch } from 'node:fs'
import { type FactStore, openFacts } from './kept.ts'
import { gatherMs, leastRestMs, maxWatchedFolders, restTimes, settleMs } from './limits.ts'
import { createScanner, type Found, type Scanned, type Scanner, type Trouble } from './scan.ts'
import type { Source } from './source.ts'

/** What scanners say. `present` is all that is there, once a scan is through; without it there is more to come. */
export type ScanNews = {
  readonly scanner: string
  readonly found: readonly Found[]
  readonly present?: readonly string[]
  readonly troubles: readonly Trouble[]
}

/** What scanning needs. */
export type ScanningOptions = {
  readonly sources: readonly Source[]
  readonly stateFolder: string
  readonly factsFolder: string
  readonly now: () => number
  /** Resolves when the news was taken; what is not taken is told again. */
  readonly tell: (news: ScanNews) => Promise<void>
}

/** Scanners that run until they are stopped. */
export type Scanning = {
  /** Has a package be read again, soon. */
  readonly again: (scanner: string, spec: string) => void
  readonly stop: () => void
}

/** Starts them: the first scan begins at once. */
export function startScanning(options: ScanningOptions): Scanning {
  const facts = openFacts(options.factsFolder)
  const running = options.sources.map((source) => startScanner(source, { ...options, facts }))
  return {
    again: (name, spec) => {
      for (const one of running) if (one.name === name) one.again(spec)
    },
    stop: () => {
      for (const one of running) one.stop()
    },
  }
}

type Running = {
  readonly name: string
  readonly again: (spec: string) => void
  readonly stop: () => void
}

type RunningOptions = ScanningOptions & { readonly facts: FactStore }

function startScanner(source: Source, { facts, stateFolder, now, tell }: RunningOptions): Running {
  const { scanner: name, periodMs } = source
  const hand = (found: readonly Found[]): Promise<void> =>
    tell({ scanner: name, found, troubles: [] })
  const scanner = createScanner(source, { facts, stateFolder, now, hand })
  const turns = createTurns(now, run)
  const watching = createWatching(() => turns.plan(gatherMs))
  const teller = createTeller(source, { scanner, tell })

  /** Gives how long to wait for the next look. */
  async function run(): Promise<number> {
    try {
      const scanned = await scanner.scan()
      if (scanned !== undefined) watching.follow(scanned.folders)
      await teller(scanned)
      return scanned?.isMoving === true ? Math.min(periodMs, settleMs) : periodMs
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const troubles = [{ place: name, reason }]
      await tell({ scanner: name, found: [], troubles }).catch(() => undefined)
      return periodMs
    }
  }

  turns.plan(0)
  return {
    name,
    again: (spec) => {
      scanner.forget(spec)
      turns.plan(gatherMs)
    },
    stop: () => {
      turns.stop()
      watching.close()
    },
  }
}

/** Says what is new. What could not be logged is found again. */
function createTeller(
  source: Source,
  { scanner, tell }: Pick<ScanningOptions, 'tell'> & { readonly scanner: Scanner },
): (scanned: Scanned | undefined) => Promise<void> {
  const { scanner: name } = source
  const place = source.kind === 'folder' ? source.folder : name
  let last = ''
  return async (scanned) => {
    if (scanned === undefined) {
      const reason = 'there is no such folder; what was found in it before stays listed'
      await tell({ scanner: name, found: [], troubles: [{ place, reason }] })
      return
    }
    const { found, present, troubles } = scanned
    const said = JSON.stringify([present, troubles])
    if (found.length === 0 && said === last) return
    last = ''
    try {
      await tell({ scanner: name, found, troubles, ...(present && { present }) })
      last = said
    } catch (error) {
      for (const { finding } of found) scanner.forget(`${finding.name}@${finding.version}`)
      throw error
    }
  }
}

/** One run after the other: as soon as one is wanted, but never all the time. */
function createTurns(
  now: () => number,
  run: () => Promise<number>,
): { readonly plan: (delayMs: number) => void; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = 0
  let restUntilMs = 0
  let isRunning = false
  let isStopped = false

  function plan(delayMs: number): void {
    const wantedMs = Math.max(now() + delayMs, restUntilMs)
    if (isStopped || (timer !== undefined && dueMs <= wantedMs)) return
    clearTimeout(timer)
    dueMs = wantedMs
    timer = setTimeout(() => {
      timer = undefined
      void turn()
    }, wantedMs - now())
  }

  async function turn(): Promise<void> {
    if (isRunning) {
      plan(gatherMs)
      return
    }
    isRunning = true
    const startMs = now()
    const delayMs = await run()
    restUntilMs = now() + Math.max(leastRestMs, restTimes * (now() - startMs))
    isRunning = false
    plan(delayMs)
  }

  return {
    plan,
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** Folders that the system tells changes of. It may tell none, or too late: then the period finds them. */
function createWatching(onChange: () => void): {
  readonly follow: (folders: readonly string[]) => void
  readonly close: () => void
} {
  const watchers = new Map<string, FSWatcher>()

  function drop(folder: string): void {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }

  function add(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, onChange)
      watcher.on('error', () => drop(folder))
      watchers.set(folder, watcher)
    } catch {
      // The system has no place for it.
    }
  }

  return {
    follow: (folders) => {
      const wanted = new Set(folders.slice(0, maxWatchedFolders))
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder)
      for (const folder of wanted) if (!watchers.has(folder)) add(folder)
    },
    close: () => {
      for (const folder of watchers.keys()) drop(folder)
    },
  }
}
