// QuickJS's wasm as it is: its exports by their real names, and imports that let nothing of this machine in.
// Every name, address and size here belongs to the one wasm that pins.ts pins.
import { Trap } from './trap.ts'

/** The exports that we use: real name to minified name. */
const exportNames = {
  initialize: 'u',
  malloc: 'v',
  setMaxStackSize: 'D',
  getUndefined: 'E',
  newRuntime: 'K',
  free: 'M',
  newContext: 'N',
  freeValue: 'P',
  freeCString: 'S',
  newArrayBuffer: 'X',
  newFloat64: 'Y',
  getFloat64: 'Z',
  newString: '_',
  getString: '$',
  getArrayBuffer: 'aa',
  getArrayBufferLength: 'ba',
  isJobPending: 'fa',
  executePendingJob: 'ga',
  getPropNumber: 'ia',
  call: 'ma',
  resolveException: 'na',
  evaluate: 'pa',
  newFunction: 'Da',
  enableInterruptHandler: 'Fa',
  setStackPointer: 'Ma',
  getStackPointer: 'Oa',
} as const

/** QuickJS's C functions. Pointers and sizes are 32-bit numbers. */
export type QuickJs = { readonly [Name in keyof typeof exportNames]: (...args: number[]) => number }

/** The layout of the memory: data and zero-initialised data, then the stack (downwards), then the heap. */
export const layout = {
  dataEnd: 90_208,
  stackTop: 5_333_088,
  /** Address of sbrk's variable: the end of the heap. All memory beyond it is zero. */
  heapEndAddress: 86_864,
  pageBytes: 65_536,
  /** Pages that the wasm asks for to start. */
  initialPages: 256,
  /** Bytes of a value as C arrays hold it. */
  valueBytes: 8,
} as const

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
export function instantiate(module: WebAssembly.Module, imports: Imports): QuickJs {
  const instance = new WebAssembly.Instance(module, { a: importsByName(imports) })
  const exported = Object.entries(exportNames).map(([name, short]) => {
    const found = instance.exports[short]
    if (typeof found !== 'function') throw new Error(`The wasm has no export "${short}"`)
    return [name, found]
  })
  const quickJs = Object.fromEntries(exported) as QuickJs
  quickJs.initialize()
  return quickJs
}

/** By minified name. Everything that emscripten would take from its surroundings is a constant here. */
function importsByName(imports: Imports): Record<string, WebAssembly.ImportValue> {
  const { memory } = imports
  return {
    a: memory,
    b: () => fail('assertion failed'),
    c: (_fd: number, vectors: number, count: number, writtenAt: number) =>
      swallowOutput(memory, [vectors, count, writtenAt]),
    d: () => 52, // fd_close: not implemented.
    e: () => 0, // environ_get: nothing to write.
    f: (countAt: number, sizeAt: number) => zero(memory, [countAt, 4], [sizeAt, 4]),
    g: () => fail('a module was named'),
    h: () => fail('a module was loaded'),
    i: () => (imports.tick(), 0),
    j: () => 0, // setitimer: no timers.
    k: (wantedBytes: number) => grow(imports, wantedBytes >>> 0),
    l: () => 0, // The runtime's keep-alive count.
    m: (_seconds: bigint, tmAt: number) => zero(memory, [tmAt, 44]), // localtime: only its offset from UTC is used.
    n: (zone: number, daylight: number, standardName: number, daylightName: number) =>
      zero(memory, [zone, 4], [daylight, 4], [standardName, 1], [daylightName, 1]),
    o: () => 70, // fd_seek: not a seekable file.
    p: () => imports.now(),
    q: () => fail('aborted'),
    r: () => fail('exited'),
    s: (_context: number, _self: number, argc: number, argv: number, id: number) =>
      imports.callHost(id, argv, argc),
    t: () => 0, // A host function was collected; ours live as long as the VM.
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
  const pages = Math.ceil((wantedBytes - memory.buffer.byteLength) / layout.pageBytes)
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
