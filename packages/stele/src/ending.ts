// The end of this process by a signal: the programs that it started have ended before, and the terminal is as it was.
import { SteleError } from '@stele/errors'
import { aborted } from './stop-signal.ts'

const programs = new Set<Promise<unknown>>()
const acts = new Set<() => void>()

/** The program that ends with this promise was started, and is told by its starter when to stop. */
export function awaitProgram<Ended>(end: Promise<Ended>): Promise<Ended> {
  programs.add(end)
  const forget = (): void => void programs.delete(end)
  end.then(forget, forget)
  return end
}

/** Done before the process ends by a signal, unless it is disposed of earlier. */
export function beforeEnd(act: () => void): Disposable {
  acts.add(act)
  return { [Symbol.dispose]: () => void acts.delete(act) }
}

/** The work, until somebody asks to stop: then the programs that run are waited for. Throws interrupted. */
export async function untilStopped<Value>(stop: AbortSignal, work: Promise<Value>): Promise<Value> {
  const stopped = aborted(stop).then(async () => {
    for (const act of acts) act()
    while (programs.size > 0) await Promise.allSettled(programs)
    throw interruption(stop)
  })
  try {
    return await Promise.race([work, stopped])
  } catch (error) {
    throw stop.aborted ? interruption(stop) : error // What else fails then does so because of it.
  }
}

function interruption({ reason }: AbortSignal): SteleError<'interrupted'> {
  return new SteleError('interrupted', { signal: String(reason) })
}

const numbers: { readonly [signal: string]: number } = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
}

/** The exit code of what a signal ended, as a shell tells it. */
export function codeOfSignal(signal: string): number {
  return 128 + (numbers[signal] ?? 0)
}

/** Ends this process by the signal, so that whoever started it is told the same. Resolves where signals do not end it, as those of a container's first process. */
export async function endBy(signal: NodeJS.Signals): Promise<void> {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  await new Promise((resolve) => setTimeout(resolve, 500)) // Signals arrive in their time.
}
