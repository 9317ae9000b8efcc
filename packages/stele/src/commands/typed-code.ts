// Code that somebody types to call a service: run once, to its end, with all calls that it makes.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createContext, Script } from 'node:vm'

const fileName = 'your code'
/** What a line that goes on with the one above may begin with: the end of that line ends no statement then. */
const goesOn = /^[([`+\-*/.,?:&|=<>%^]/

/** The code's value, awaited, when all calls are answered. Throws what the code throws, or the failure of a call that it does not hear of. */
export async function runTyped(
  code: string,
  { names, settled }: { readonly names: object; readonly settled: () => Promise<void> },
): Promise<unknown> {
  const unheard: unknown[] = []
  const hear = (failure: unknown): void => void unheard.push(failure)
  process.on('unhandledRejection', hear)
  try {
    const require = createRequire(join(process.cwd(), fileName))
    const globals = { console, Buffer, process, require, setTimeout, clearTimeout, URL }
    const context = createContext({ ...globals, ...names })
    const value: unknown = await compileTyped(code).runInContext(context)
    await settled()
    await setImmediate() // By then the process has told of failures that nobody heard.
    if (unheard.length > 0) throw unheard[0]
    return value
  } finally {
    process.off('unhandledRejection', hear)
  }
}

/** Calls that can be waited for. Their failures are the caller's to hear all the same. */
export function trackCalls<Args extends readonly unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
): {
  readonly call: (...args: Args) => Promise<Result>
  /** Resolves when none is waited for any more. */
  readonly settled: () => Promise<void>
} {
  const running = new Set<Promise<unknown>>()
  return {
    call: (...args) => {
      const answer = call(...args)
      const ended = answer.then(
        () => undefined,
        () => undefined,
      )
      running.add(ended)
      void ended.then(() => running.delete(ended))
      return answer.then((result) => result)
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/**
 * The code, ready to run: what it gives is its last expression, or a promise of that where it has `await` at its top. Throws
 * the SyntaxError that the code has.
 */
function compileTyped(code: string): Script {
  const plain = compile(code)
  if (plain instanceof Script) return plain
  if (!/\bawait\b/.test(code)) throw plain
  const whole = compile(`(async () => (\n${code}\n))()`)
  if (whole instanceof Script) return whole
  const bare = code.trimEnd().replace(/;$/, '')
  const cut = Math.max(bare.lastIndexOf(';'), bare.lastIndexOf('\n')) + 1
  const last = bare.slice(cut).trim()
  if (last !== '' && (bare[cut - 1] === ';' || !goesOn.test(last))) {
    const split = compile(`(async () => {\n${bare.slice(0, cut)}\nreturn (\n${last}\n)\n})()`)
    if (split instanceof Script) return split
  }
  const statements = compile(`(async () => {\n${code}\n})()`)
  if (statements instanceof Script) return statements
  throw statements
}

function compile(text: string): Script | SyntaxError {
  try {
    return new Script(text, { filename: fileName })
  } catch (error) {
    if (error instanceof SyntaxError) return error
    throw error
  }
}
