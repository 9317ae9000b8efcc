// QuickJS's wasm as it is: its exports by their real names, and imports that let nothing of this machine in.
// What differs between two builds of the wasm (minified names, addresses) is a part of the engine: `interface`.
import type { Interface } from './interface.ts'
import { Trap } from './trap.ts'

/** QuickJS's C functions. Pointers and sizes are 32-bit numbers. */
export type QuickJs = {
  readonly [Name in keyof Interface['exports']]: (...args: number[]) => number
}

/** Bytes of a page of the wasm's memory. */
export const pageBytes = 65_536

/** What the wasm asks of its host. */
export type Imports = {
  readonly memory: WebAssembly.Memory
  readonly maxBytes: number
  readonly now: () => number
  /** Told after the memory grew: views on it are void. */
  readonly grown: () => void
  /** One per 10,000 turns; may throw a Trap. */
  readonly tick: () => void
  /** A call of host function `id`. Gives a value's pointer, or 0 for undefined. */
  readonly callHost: (id: number, argv: number, argc: number) => number
}

/** A fresh QuickJS in this memory. */
export function instantiate(
  module: WebAssembly.Module,
  { exports, imports: names, importsFrom }: Interface,
  imports: Imports,
): QuickJs {
  const values = Object.entries(importValues(imports)).map(([name, value]) => [
    names[name as keyof typeof names],
    value,
  ])
  const instance = new WebAssembly.Instance(module, { [importsFrom]: Object.fromEntries(values) })
  const exported = Object.entries(exports).map(([name, short]) => {
    const found = instance.exports[short]
    if (typeof found !== 'function') throw new Error(`The wasm has no export "${short}"`)
    return [name, found]
  })
  const quickJs = Object.fromEntries(exported) as QuickJs
  quickJs.initialize()
  return quickJs
}

/** Everything that emscripten would take from its surroundings is a constant here. */
function importValues(imports: Imports): {
  readonly [Name in keyof Interface['imports']]: WebAssembly.ImportValue
} {
  const { memory } = imports
  return {
    memory,
    failAssertion: () => fail('assertion failed'),
    writeFile: (_fd: number, vectors: number, count: number, writtenAt: number) =>
      swallowOutput(memory, [vectors, count, writtenAt]),
    closeFile: () => 52, // Not implemented.
    getEnvironment: () => 0, // Nothing to write.
    getEnvironmentSizes: (countAt: number, sizeAt: number) =>
      zero(memory, [countAt, 4], [sizeAt, 4]),
    nameModule: () => fail('a module was named'),
    loadModule: () => fail('a module was loaded'),
    interrupt: () => (imports.tick(), 0),
    setTimer: () => 0, // No timers.
    growHeap: (wantedBytes: number) => grow(imports, wantedBytes >>> 0),
    clearKeepAlive: () => 0,
    getLocalTime: (_seconds: bigint, tmAt: number) => zero(memory, [tmAt, 44]), // Only its offset from UTC is used.
    setTimeZone: (zone: number, daylight: number, standardName: number, daylightName: number) =>
      zero(memory, [zone, 4], [daylight, 4], [standardName, 1], [daylightName, 1]),
    seekFile: () => 70, // Not a seekable file.
    getTime: () => imports.now(),
    abort: () => fail('aborted'),
    exit: () => fail('exited'),
    callHost: (_context: number, _self: number, argc: number, argv: number, id: number) =>
      imports.callHost(id, argv, argc),
    freeHostFunction: () => 0, // Ours live as long as the VM.
  }
}

/**
 * The memory grows to what is asked and no further: what a growth policy adds would be one more thing to agree on.
 * The heap's limit is met here, and only here, whether or not the memory was larger in an earlier call: it depends on the
 * end of the heap alone. QuickJS's own limit is left unset, since scripts can catch its error, which may even be `null`.
 */
function grow(imports: Imports, wantedBytes: number): 1 {
  if (wantedBytes > imports.maxBytes) throw new Trap('memory')
  const { memory } = imports
  const pages = Math.ceil((wantedBytes - memory.buffer.byteLength) / pageBytes)
  try {
    if (pages > 0) memory.grow(pages)
  } catch (cause) {
    // This machine is out of memory: not a result, since another machine would go on.
    throw new Error('The machine has no memory left for the VM', { cause })
  }
  imports.grown()
  return 1
}

function zero(memory: WebAssembly.Memory, ...ranges: readonly [at: number, bytes: number][]): 0 {
  const bytes = new Uint8Array(memory.buffer)
  for (const [at, length] of ranges) bytes.fill(0, at, at + length)
  return 0
}

/** C's printf goes nowhere, and is told that all was written. */
function swallowOutput(memory: WebAssembly.Memory, at: readonly [number, number, number]): 0 {
  const [vectors, count, writtenAt] = at
  const view = new DataView(memory.buffer)
  let written = 0
  for (let index = 0; index < count; index++) {
    written += view.getUint32(vectors + index * 8 + 4, true)
  }
  view.setUint32(writtenAt, written, true)
  return 0
}

function fail(what: string): never {
  throw new Error(`QuickJS ${what}`)
}

/** A pointer that C gives as null when it was asked for more than there can be. */
export function allocated(pointer: number): number {
  if (pointer === 0) throw new Trap('memory')
  return pointer
}
