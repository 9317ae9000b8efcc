// Engines that no release ships and the user allows by --engine. Their interpreter is somebody else's program: before it is
// compiled, what it could take of this machine beside the memory that we give it is looked for, and refused.
import type { Executor } from '@stele/entries/calls'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import { type EngineBlob, parseEngine } from '@stele/host'
import { maxForeignLayoutBytes, maxForeignTable, maxForeignWasmBytes } from './limits.ts'

type ReadBlob = (sha512: string) => Uint8Array | undefined

/** Throws `engine_unknown` where the engine asks for more than a foreign one may have. Blobs that are not there pass. */
export function checkForeignEngine(
  { name, blob }: { readonly name: string; readonly blob: Uint8Array },
  readBlob: ReadBlob,
): void {
  const { parts }: EngineBlob = parseEngine(blob)
  const read = (part: string): Uint8Array | undefined => {
    const named = parts[part]
    return named === undefined ? undefined : readBlob(named)
  }
  const [wasm, described] = [read('wasm'), read('interface')]
  const excess =
    (wasm === undefined ? undefined : findWasmExcess(wasm)) ??
    (described === undefined ? undefined : findLayoutExcess(Buffer.from(described).toString()))
  if (excess !== undefined) throw new SteleError('engine_unknown', { engine: name, reason: excess })
}

/** Starts an interpreter with its script. What keeps it from starting cannot be told from a lack of this machine. */
export function startEngine<T>(url: string, create: () => T): T {
  try {
    return create()
  } catch (error) {
    if (isSteleError(error) && error.code !== 'call_aborted') throw error
    const said = reasonOf(error)
    const why = isSteleError(error, 'call_aborted') ? error.details.reason : said
    const reason = `the interpreter that its log names does not start: ${why}`
    throw new SteleError('verify_impossible', { url, reason }, { cause: error })
  }
}

/** An executor whose interpreter may leave anything in its memory: what that makes the host throw ends the call, and is no bug. */
export function guardCalls({ init, call, memory }: Executor): Executor {
  return {
    init: (first, state) => guarded('init', () => init(first, state)),
    call: (asked, state) => guarded(asked.method, () => call(asked, state)),
    ...(memory && { memory: { ...memory, digest: () => guarded('memory', memory.digest) } }),
  }
}

function guarded<T>(method: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (isSteleError(error)) throw error
    const reason = reasonOf(error)
    throw new SteleError('call_aborted', { method, reason }, { cause: error })
  }
}

/** The memory that a module starts with, and the addresses that it claims, decide how much it is given. */
function findLayoutExcess(text: string): string | undefined {
  const layout = memberOf(memberOf(parseJson(text), 'layout'), 'stackTop')
  const pages = memberOf(memberOf(parseJson(text), 'layout'), 'initialPages')
  const bytes = Math.max(Number(layout ?? 0), Number(pages ?? 0) * 65_536)
  if (!(bytes > maxForeignLayoutBytes)) return undefined
  return `its interface claims ${bytes} bytes beside the heap, and at most ${maxForeignLayoutBytes} are allowed`
}

/** Why a module is refused: memories and tables of its own, values on this process's heap, or its size. */
export function findWasmExcess(wasm: Uint8Array): string | undefined {
  if (wasm.length > maxForeignWasmBytes) return `its wasm is over ${maxForeignWasmBytes} bytes`
  const reader = new Reader(wasm, headerBytes)
  try {
    while (reader.at < wasm.length) {
      const [id, size] = [reader.byte(), reader.number()]
      const end = reader.at + size
      if (end > wasm.length) return malformed
      const excess = checks[id]?.(new Reader(wasm.subarray(0, end), reader.at))
      if (excess !== undefined) return excess
      reader.at = end
    }
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return malformed
    throw error
  }
}

const headerBytes = 8
const malformed = 'its wasm is malformed'
/** Section ids, and forms, of the WebAssembly binary format. */
const [typeSection, tableSection, memorySection] = [1, 4, 5]
const functionType = 0x60
const valueTypes: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f])
const functionReference = 0x70
const hasMaximum = 1

const checks: { readonly [id: number]: (section: Reader) => string | undefined } = {
  [typeSection](section) {
    for (let left = section.number(); left > 0; left--) {
      if (section.byte() !== functionType) return 'its wasm keeps values outside of its memory'
      for (let list = 0; list < 2; list++) {
        for (let values = section.number(); values > 0; values--) {
          if (!valueTypes.has(section.byte())) return 'its wasm has types that are not known here'
        }
      }
    }
    return undefined
  },
  [tableSection](section) {
    const count = section.number()
    if (count === 0) return undefined
    const [form, flags, least] = [section.byte(), section.byte(), section.number()]
    const isPlain = count === 1 && form === functionReference && flags <= hasMaximum
    // Without a maximum, as C compilers leave it, boundTables() has set one.
    if (isPlain && least <= maxForeignTable) return undefined
    return `its wasm has more than one table, or one of more than ${maxForeignTable} functions`
  },
  [memorySection](section) {
    return section.number() === 0 ? undefined : 'its wasm has a memory of its own'
  },
}

/** Reads a wasm module. Throws RangeError beyond its end. */
class Reader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new RangeError('The module is cut')
    return byte
  }

  /** An unsigned LEB128 number of 32 bits. */
  number(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('A number is too long')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined // Whoever loads the engine says so.
    throw error
  }
}

function memberOf(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined
}
