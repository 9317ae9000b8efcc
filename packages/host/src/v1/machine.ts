// One QuickJS VM: values across its boundary, and its memory as something to copy, put back and hash.
// The memory is the VM's whole state: nothing of it lives on our side, so putting the memory back puts the VM back.
import { hash } from 'node:crypto'
import type { Interface, Layout } from './interface.ts'
import type { Limits } from './limits.ts'
import { allocated, instantiate, pageBytes, type QuickJs } from './quickjs.ts'

/** Bytes of a buffer inside the VM for short texts on their way in. */
const scratchBytes = 16 * 1024
/** Stack that may be used beyond QuickJS's own limit: what one C function takes after its last check. */
const stackMarginBytes = 64 * 1024
/** Promise jobs in one go, between two looks at their count. */
const jobBatch = 256

/** What the memory holds, as two pieces: the data segment and the live stack, then the heap. */
export type MemoryImage = { bytes: Buffer; stackPointer: number; heapEnd: number }

/** What a VM needs from whoever drives it. */
export type MachinePorts = {
  readonly now: () => number
  readonly tick: () => void
  readonly callHost: (id: number, argv: number, argc: number) => number
}

/** The wasm with what has to be known of it. */
export type Interpreter = { readonly module: WebAssembly.Module; readonly interface: Interface }

/** A pointer to a value inside the VM, owned by whoever got it: freeValue() gives it back. */
export type Value = number

export class Machine {
  readonly #raw: QuickJs
  readonly #layout: Layout
  readonly #memory: WebAssembly.Memory
  /** Bytes that the memory may grow to. */
  readonly maxBytes: number
  readonly #runtime: number
  readonly #context: number
  readonly #scratch: number
  readonly #arguments: number
  readonly #stackBytes: number
  /** Views on the memory; void, and made again, when it grows. */
  #bytes: Buffer
  #words: Uint32Array

  constructor(
    interpreter: Interpreter,
    limits: Pick<Limits, 'memory' | 'stack'>,
    ports: MachinePorts,
  ) {
    const { layout } = interpreter.interface
    this.#layout = layout
    const pages = Math.floor((layout.stackTop + limits.memory) / pageBytes)
    this.maxBytes = pages * pageBytes
    this.#memory = new WebAssembly.Memory({
      initial: layout.initialPages,
      maximum: pages,
    })
    this.#bytes = Buffer.from(this.#memory.buffer)
    this.#words = new Uint32Array(this.#memory.buffer)
    this.#stackBytes = limits.stack + stackMarginBytes
    this.#raw = instantiate(interpreter.module, interpreter.interface, {
      memory: this.#memory,
      maxBytes: this.maxBytes,
      grown: () => this.#refreshViews(),
      ...ports,
    })
    this.#runtime = this.#raw.newRuntime()
    this.#raw.setMaxStackSize(this.#runtime, limits.stack)
    this.#raw.enableInterruptHandler(this.#runtime)
    this.#context = allocated(this.#raw.newContext(this.#runtime, 0))
    this.#scratch = allocated(this.#raw.malloc(scratchBytes))
    this.#arguments = allocated(this.#raw.malloc(32 * 4))
  }

  // ---- Values

  /** The value of this program. */
  evaluate(source: string, fileName: string): Value {
    const length = Buffer.byteLength(source)
    const code = this.#writeText(source, length)
    const name = this.#writeText(fileName, Buffer.byteLength(fileName))
    const value = this.#raw.evaluate(this.#context, code, length, name, 0, 0)
    this.#raw.free(code)
    this.#raw.free(name)
    return this.#unlessThrown(value)
  }

  /** A function of the VM that calls host function `id`. */
  newFunction(name: string, id: number): Value {
    const at = this.#writeText(name, Buffer.byteLength(name))
    const value = allocated(this.#raw.newFunction(this.#context, at, 0, 0, id))
    this.#raw.free(at)
    return value
  }

  /** The list's member, for lists of the prelude. */
  member(list: Value, index: number): Value {
    return allocated(this.#raw.getPropNumber(this.#context, list, index))
  }

  /** Calls a function of the VM. Throws VmError with what it threw. */
  call(fn: Value, args: readonly Value[]): Value {
    const at = this.#arguments >> 2
    for (let index = 0; index < args.length; index++) this.#words[at + index] = args[index] ?? 0
    const self = this.#raw.getUndefined()
    return this.#unlessThrown(this.#raw.call(this.#context, fn, self, args.length, this.#arguments))
  }

  /** Text into the VM. It must hold no NUL (JSON never does). */
  newText(text: string): Value {
    if (text.length * 3 < scratchBytes) {
      const length = this.#bytes.write(text, this.#scratch)
      this.#bytes[this.#scratch + length] = 0
      return this.#unlessThrown(this.#raw.newString(this.#context, this.#scratch))
    }
    const at = this.#writeText(text, Buffer.byteLength(text))
    const value = this.#raw.newString(this.#context, at)
    this.#raw.free(at)
    return this.#unlessThrown(value)
  }

  /** Text into the VM from bytes that are UTF-8 without NUL. */
  newTextOf(utf8: Uint8Array): Value {
    const isShort = utf8.length < scratchBytes
    const at = isShort ? this.#scratch : allocated(this.#raw.malloc(utf8.length + 1))
    this.#bytes.set(utf8, at)
    this.#bytes[at + utf8.length] = 0
    const value = this.#raw.newString(this.#context, at)
    if (!isShort) this.#raw.free(at)
    return this.#unlessThrown(value)
  }

  newNumber(value: number): Value {
    return allocated(this.#raw.newFloat64(this.#context, value))
  }

  /** An ArrayBuffer with a copy of the bytes. */
  newBytes(bytes: Uint8Array): Value {
    const at = allocated(this.#raw.malloc(bytes.length || 1))
    this.#bytes.set(bytes, at)
    return this.#unlessThrown(this.#raw.newArrayBuffer(this.#context, at, bytes.length))
  }

  /** A text of the VM, up to its first NUL: for JSON, and for texts that the prelude found to be plain. */
  readText(value: Value): string {
    const at = allocated(this.#raw.getString(this.#context, value))
    const text = this.#bytes.toString('utf8', at, this.#bytes.indexOf(0, at))
    this.#raw.freeCString(this.#context, at)
    return text
  }

  /** As readText(), but its UTF-8 bytes, copied. */
  readTextBytes(value: Value): Uint8Array {
    const at = allocated(this.#raw.getString(this.#context, value))
    const bytes = new Uint8Array(this.#bytes.subarray(at, this.#bytes.indexOf(0, at)))
    this.#raw.freeCString(this.#context, at)
    return bytes
  }

  /** The content of an ArrayBuffer, copied. */
  readBytes(value: Value): Uint8Array {
    const length = this.#raw.getArrayBufferLength(this.#context, value)
    if (length === 0) return new Uint8Array(0)
    const at = allocated(this.#raw.getArrayBuffer(this.#context, value))
    const bytes = new Uint8Array(this.#bytes.subarray(at, at + length))
    this.#raw.free(at)
    return bytes
  }

  readNumber(value: Value): number {
    return this.#raw.getFloat64(this.#context, value)
  }

  /** The pointer to an argument of a host function: borrowed, not to be freed. */
  argument(argv: number, index: number): Value {
    return argv + index * this.#layout.valueBytes
  }

  freeValue(value: Value): void {
    this.#raw.freeValue(this.#context, value)
  }

  /** The text of a value that this call owns. */
  takeText(value: Value): string {
    const text = this.readText(value)
    this.freeValue(value)
    return text
  }

  /** Runs promise jobs until none is left. `count` is told of each batch, and may throw a Trap. */
  runJobs(count: (jobs: number) => void): void {
    while (this.#raw.isJobPending(this.#runtime) !== 0) {
      const value = allocated(this.#raw.executePendingJob(this.#runtime, jobBatch, this.#arguments))
      const executed = this.readNumber(value) // NaN when a job threw: the prelude lets none throw but collectors' callbacks.
      this.freeValue(value)
      count(executed >= 1 ? executed : 1)
    }
  }

  // ---- Memory

  /** Copies what the memory holds into the image, or into a new one. */
  save(image: MemoryImage = { bytes: Buffer.alloc(0), stackPointer: 0, heapEnd: 0 }): MemoryImage {
    image.stackPointer = this.#raw.getStackPointer()
    image.heapEnd = this.#heapEnd()
    const { dataEnd, stackTop } = this.#layout
    const stackStart = dataEnd + (stackTop - image.stackPointer)
    const size = stackStart + (image.heapEnd - stackTop)
    if (image.bytes.length < size) image.bytes = Buffer.alloc(size + (size >> 2))
    this.#bytes.copy(image.bytes, 0, 0, dataEnd)
    this.#bytes.copy(image.bytes, dataEnd, image.stackPointer, image.heapEnd)
    return image
  }

  /** Puts the memory back to what the image holds: all of it, whatever happened since. */
  load(image: MemoryImage): void {
    const heapEnd = this.#heapEnd()
    this.#growTo(image.heapEnd)
    const { dataEnd } = this.#layout
    image.bytes.copy(this.#bytes, 0, 0, dataEnd)
    const live = dataEnd + (image.heapEnd - image.stackPointer)
    image.bytes.copy(this.#bytes, image.stackPointer, dataEnd, live)
    if (heapEnd > image.heapEnd) this.#bytes.fill(0, image.heapEnd, heapEnd)
    this.#raw.setStackPointer(image.stackPointer)
  }

  /** Forgets what calls left behind on the stack. Only between calls. */
  clearStack(): void {
    this.#bytes.fill(0, this.#layout.stackTop - this.#stackBytes, this.#layout.stackTop)
  }

  /** SHA-256, in hex, of the bytes of an image taken between calls: data, then heap. */
  digest(image: MemoryImage): string {
    return hash('sha256', this.content(image))
  }

  /** The bytes of an image taken between calls: data, then heap. */
  content(image: MemoryImage): Buffer {
    return image.bytes.subarray(0, this.#layout.dataEnd + (image.heapEnd - image.stackPointer))
  }

  /** The image of these bytes. Throws RangeError when they cannot be one of this machine's. */
  imageOf(content: Buffer): MemoryImage {
    const { dataEnd, stackTop, heapEndAddress } = this.#layout
    const heapEnd = stackTop + (content.length - dataEnd)
    const isAligned = heapEnd % 4 === 0 && heapEnd > stackTop && heapEnd <= this.maxBytes
    if (!isAligned || content.readUInt32LE(heapEndAddress) !== heapEnd) {
      throw new RangeError('The bytes are not a memory of this machine')
    }
    return { bytes: content, stackPointer: stackTop, heapEnd }
  }

  #heapEnd(): number {
    return this.#words[this.#layout.heapEndAddress >> 2] ?? 0
  }

  #growTo(bytes: number): void {
    const pages = Math.ceil((bytes - this.#memory.buffer.byteLength) / pageBytes)
    if (pages <= 0) return
    this.#memory.grow(pages)
    this.#refreshViews()
  }

  #refreshViews(): void {
    this.#bytes = Buffer.from(this.#memory.buffer)
    this.#words = new Uint32Array(this.#memory.buffer)
  }

  #writeText(text: string, length: number): number {
    const at = allocated(this.#raw.malloc(length + 1))
    this.#bytes.write(text, at, length, 'utf8')
    this.#bytes[at + length] = 0
    return at
  }

  #unlessThrown(value: Value): Value {
    const thrown = this.#raw.resolveException(this.#context, allocated(value))
    if (thrown === 0) return value
    const message = this.takeText(thrown)
    this.#raw.free(value)
    throw new VmError(message)
  }
}

/** What VM code threw, as text. From the prelude this is only ever the end of heap or stack. */
export class VmError extends Error {}
