// Turns for processes: one installation at a time in a project, and no clearing of a store that somebody installs from. The operating
// system keeps the turns, so that they end with the process that has them, however that ends.
import { hash } from 'node:crypto'
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import { type TurnMode, takeTurn } from '@stele/storage/turn'
import { holdPollMs, maxHoldMs } from '../limits.ts'

/** How a turn is waited for. */
type HoldOptions = {
  readonly mode: TurnMode
  /** What is being waited for, as a person would say it: `this project`. */
  readonly what: string
  /** Hears once, when it takes a moment. */
  readonly onWait: (line: string) => void
}

/** Takes the turn of this file. Throws hold_taken when others have it for too long. */
export async function hold(path: string, options: HoldOptions): Promise<Disposable> {
  const { mode, what, onWait } = options
  mkdirSync(dirname(path), { recursive: true })
  accessSync(dirname(path), constants.W_OK)
  const startMs = performance.now()
  let hasSaid = false
  for (;;) {
    const taken = tryHold(path, mode)
    if (taken !== undefined) return taken
    const owner = readOwner(path)
    if (performance.now() - startMs > maxHoldMs) {
      throw new SteleError('hold_taken', { what, path, owner, seconds: maxHoldMs / 1000 })
    }
    if (!hasSaid) onWait(`Waiting: ${owner} is using ${what}`)
    hasSaid = true
    await wait(holdPollMs)
  }
}

function tryHold(path: string, mode: TurnMode): Disposable | undefined {
  const turn = takeTurn(path, mode)
  if (turn === undefined || mode === 'together') return turn
  writeFileSync(ownerPath(path), String(process.pid))
  return {
    [Symbol.dispose]: () => {
      rmSync(ownerPath(path), { force: true })
      turn[Symbol.dispose]()
    },
  }
}

function ownerPath(path: string): string {
  return `${path}.owner`
}

function readOwner(path: string): string {
  try {
    return `process ${Number.parseInt(readFileSync(ownerPath(path), 'utf8'), 10)}`
  } catch {
    return 'another process'
  }
}

/** The turns of an installation: its project alone, and its store together with other installations. */
export async function takeTurns(
  project: string,
  store: string,
  onWait: (line: string) => void,
): Promise<Disposable> {
  const own = await hold(projectTurn(project, store), {
    mode: 'alone',
    what: 'this project',
    onWait,
  })
  try {
    const shared = await hold(storeTurn(store), { mode: 'together', what: 'the store', onWait })
    return {
      [Symbol.dispose]: () => {
        shared[Symbol.dispose]()
        own[Symbol.dispose]()
      },
    }
  } catch (error) {
    own[Symbol.dispose]()
    throw error
  }
}

/** Beside the store: whatever a repository has in its node_modules, a link above all, is not written to before that was looked at. */
function projectTurn(project: string, store: string): string {
  const place = hash('sha256', realpathSync(project), 'hex').slice(0, 32)
  return join(store, 'turns', `${place}.db`)
}

/** Whoever removes something from the store takes this turn alone. */
export function storeTurn(store: string): string {
  return join(store, 'lock.db')
}
