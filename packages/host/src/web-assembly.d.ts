// The part of WebAssembly's JavaScript interface that we use: TypeScript has it in its DOM library only.
declare namespace WebAssembly {
  type ImportValue = Memory | ((...args: never[]) => unknown)
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    constructor(size: { initial: number; maximum: number })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>)
    readonly exports: Readonly<Record<string, unknown>>
  }
}
