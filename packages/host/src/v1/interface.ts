// What the host has to know of one build of the wasm: the names that the build gave to its functions, and where its memory
// holds what. It is a part of the engine, as JSON: `interface`.

/** The layout of the memory: data and zero-initialised data, then the stack (downwards), then the heap. */
export type Layout = {
  readonly dataEnd: number
  readonly stackTop: number
  /** Address of sbrk's variable: the end of the heap. All memory beyond it is zero. */
  readonly heapEndAddress: number
  /** Pages that the wasm asks for to start. */
  readonly initialPages: number
  /** Bytes of a value as C arrays hold it. */
  readonly valueBytes: number
}

const exportNames = [
  'initialize',
  'malloc',
  'free',
  'newRuntime',
  'setMaxStackSize',
  'enableInterruptHandler',
  'newContext',
  'evaluate',
  'call',
  'resolveException',
  'isJobPending',
  'executePendingJob',
  'getUndefined',
  'newFunction',
  'getPropNumber',
  'freeValue',
  'newFloat64',
  'getFloat64',
  'newString',
  'getString',
  'freeCString',
  'newArrayBuffer',
  'getArrayBuffer',
  'getArrayBufferLength',
  'setStackPointer',
  'getStackPointer',
] as const
const importNames = [
  'memory',
  'failAssertion',
  'writeFile',
  'closeFile',
  'getEnvironment',
  'getEnvironmentSizes',
  'nameModule',
  'loadModule',
  'interrupt',
  'setTimer',
  'growHeap',
  'clearKeepAlive',
  'getLocalTime',
  'setTimeZone',
  'seekFile',
  'getTime',
  'abort',
  'exit',
  'callHost',
  'freeHostFunction',
] as const
const layoutNames = [
  'dataEnd',
  'stackTop',
  'heapEndAddress',
  'initialPages',
  'valueBytes',
] as const satisfies readonly (keyof Layout)[]

/** What has to be known of the wasm. */
export type Interface = {
  /** Our name of a C function to the wasm's. */
  readonly exports: { readonly [Name in (typeof exportNames)[number]]: string }
  /** The module that the wasm imports from. */
  readonly importsFrom: string
  readonly imports: { readonly [Name in (typeof importNames)[number]]: string }
  readonly layout: Layout
}

/** The most that a layout may say: an address of 32 bits. */
const maxAddress = 2 ** 32

/** Reads the engine's part `interface`. Throws Error that says what is wrong with it. */
export function parseInterface(text: string): Interface {
  const value: unknown = JSON.parse(text)
  const isName = (found: unknown): found is string => typeof found === 'string' && found !== ''
  const isAddress = (found: unknown): found is number =>
    Number.isSafeInteger(found) && Number(found) > 0 && Number(found) < maxAddress
  return {
    exports: read(member(value, 'exports'), exportNames, isName),
    importsFrom: read(value, ['importsFrom'], isName).importsFrom,
    imports: read(member(value, 'imports'), importNames, isName),
    layout: read(member(value, 'layout'), layoutNames, isAddress),
  }
}

function read<Name extends string, Value>(
  object: unknown,
  names: readonly Name[],
  isRight: (found: unknown) => found is Value,
): { readonly [N in Name]: Value } {
  const read = names.map((name) => {
    const found = member(object, name)
    if (!isRight(found)) throw new Error(`its interface does not say "${name}"`)
    return [name, found] as const
  })
  return Object.fromEntries(read) as { [N in Name]: Value }
}

function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined
}
