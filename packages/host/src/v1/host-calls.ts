// What the prelude may ask of the host, by name. Everything that comes in was written by a script: attacker controlled.
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { ScriptCall } from '@stele/entries/calls'
import { type FileSession, fileCode } from './files.ts'
import { type Limits, maxPrintedLines } from './limits.ts'
import type { Machine, Value } from './machine.ts'
import { Trap } from './trap.ts'

/** Ports of the host that scripts reach. */
export type HostPorts = {
  readonly print: (line: string) => void
  /** The blob of this name (hex SHA-512); whoever gives it has checked its bytes. */
  readonly blobs: ReadBlob
}
type ReadBlob = NonNullable<ScriptCall['blobs']>

/** The state of a running call, as far as host calls touch it. */
export type Running = {
  /** Undefined while the script loads. */
  files: FileSession | undefined
  hostCalls: number
  transferBytes: number
  printedLines: number
  /** True within an oracle's function, which runs on a copy of the memory. */
  isOracle: boolean
  /** The blobs that this call finds. */
  blobs: ReadBlob
  askOracle: (fn: Value) => string
  /** What lies outside of the service: a request and its answer, both as JSON. */
  askOutside: (request: string) => string
}

type Arguments = {
  readonly text: (index: number) => string
  readonly textBytes: (index: number) => Uint8Array
  readonly bytes: (index: number) => Uint8Array
  readonly value: (index: number) => Value
}
/** Text (JSON, or plain), bytes, a number (codes below 0), or nothing. */
type Answer = string | Uint8Array | number | undefined | { readonly utf8: Uint8Array }

type HostCall = (args: Arguments, running: Running, ports: HostPorts) => Answer

const calls: Readonly<Record<string, HostCall>> = {
  stat: (args, running) => running.files?.stat(args.text(0)) ?? fileCode.notOpen,
  readText: (args, running) => plainText(running.files?.read(args.text(0)) ?? fileCode.notOpen),
  readBytes: (args, running) => running.files?.read(args.text(0)) ?? fileCode.notOpen,
  list(args, running) {
    const fields = running.files?.list(args.text(0)) ?? fileCode.notOpen
    return typeof fields === 'number' ? fields : JSON.stringify(fields)
  },
  writeText: (args, running) =>
    changing(running)?.write(args.text(0), args.textBytes(1)) ?? fileCode.notOpen,
  writeBytes: (args, running) =>
    changing(running)?.write(args.text(0), args.bytes(1)) ?? fileCode.notOpen,
  mkdir: (args, running) => changing(running)?.makeFolder(args.text(0)) ?? fileCode.notOpen,
  unlink: (args, running) => changing(running)?.remove(args.text(0)) ?? fileCode.notOpen,
  rmdir: (args, running) =>
    changing(running)?.removeFolder(args.text(0), args.text(1) === 'all') ?? fileCode.notOpen,
  hashText: (args) => hash(args.text(0), args.textBytes(1)),
  hashBytes: (args) => hash(args.text(0), args.bytes(1)),
  blobText: (args, running) => plainText(readBlob(args.text(0), running)),
  blobBytes: (args, running) => readBlob(args.text(0), running),
  encode: (args) => encode(args.text(0), args.text(1)),
  decode: (args) => decode(args.bytes(0), args.text(1)),
  print(args, running, ports) {
    running.printedLines += 1
    if (running.printedLines <= maxPrintedLines) ports.print(String(JSON.parse(args.text(0))))
    return undefined
  },
  oracle: (args, running) => running.askOracle(args.value(0)),
  outside: (args, running) => running.askOutside(args.text(0)),
}

const callNames = Object.keys(calls)
const callTable = Object.values(calls)

/** The functions that the prelude is given: the host's, as values of the VM. */
export function makeHostFunctions(machine: Machine): Value[] {
  return callNames.map((name, id) => machine.newFunction(name, id))
}

/** Serves one host call; to be handed to the machine as `callHost`. */
export function serveHostCall(
  at: { readonly id: number; readonly argv: number },
  machine: Machine,
  context: { readonly running: Running; readonly ports: HostPorts; readonly limits: Limits },
): Value {
  const { running, limits } = context
  running.hostCalls += 1
  if (running.hostCalls > limits.hostCalls) throw new Trap('hostCalls')
  const moved = <T extends string | Uint8Array>(value: T): T => {
    running.transferBytes += value.length
    if (running.transferBytes > limits.transferBytes) throw new Trap('transferBytes')
    return value
  }
  const value = (index: number): Value => machine.argument(at.argv, index)
  const answer = callTable[at.id]?.(
    {
      value,
      text: (index) => moved(machine.readText(value(index))),
      textBytes: (index) => moved(machine.readTextBytes(value(index))),
      bytes: (index) => moved(machine.readBytes(value(index))),
    },
    running,
    context.ports,
  )
  if (answer === undefined) return 0
  if (typeof answer === 'number') return machine.newNumber(answer)
  if (typeof answer === 'string') return machine.newText(moved(answer))
  if (answer instanceof Uint8Array) return machine.newBytes(moved(answer))
  return machine.newTextOf(moved(answer.utf8))
}

function changing(running: Running): FileSession | undefined {
  return running.isOracle ? undefined : running.files
}

/** Bytes that are text without NUL go in as they are; of others the prelude takes the bytes. */
function plainText(found: Uint8Array | number): Answer {
  if (typeof found === 'number') return found
  return isUtf8(found) && !found.includes(0) ? { utf8: found } : fileCode.oddText
}

const blobName = /^[0-9a-f]{128}$/

/** What nobody has at hand yet is no result: the call is aborted, and may be sent again with the blob. */
function readBlob(name: string, running: Running): Uint8Array | number {
  if (!blobName.test(name)) return fileCode.badBlobName
  if (running.files === undefined) return fileCode.notOpen
  const bytes = running.blobs(name)
  if (bytes === undefined) throw new Error(`the blob ${name} is not here`)
  return bytes
}

/** The bytes that a text, given as JSON, says in this encoding. */
function encode(json: string, encoding: string): Uint8Array | number {
  const text = String(JSON.parse(json))
  if (encoding === 'utf8') return new TextEncoder().encode(text) // A lone surrogate becomes U+FFFD.
  if (encoding === 'hex') {
    return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? Buffer.from(text, 'hex') : fileCode.badEncoding
  }
  if (encoding === 'base64') return decodeBase64(text)
  return Buffer.from(text, 'latin1')
}

/** Takes both alphabets, with or without padding and line breaks; everything else is refused, not skipped. */
function decodeBase64(text: string): Uint8Array | number {
  const digits = text.replace(/[\t\n\r ]/g, '').replace(/={1,2}$/, '')
  const isBase64 = /^[A-Za-z0-9+/_-]*$/.test(digits) && digits.length % 4 !== 1
  return isBase64 ? Buffer.from(digits, 'base64') : fileCode.badEncoding
}

/** The bytes as text in this encoding, as JSON. Bytes that are not UTF-8 become U+FFFD; with `fatal` they are refused. */
function decode(bytes: Uint8Array, encoding: string): string | number {
  if (encoding === 'fatal' && !isUtf8(bytes)) return fileCode.badEncoding
  const text =
    encoding === 'utf8' || encoding === 'fatal'
      ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(nodeEncoding(encoding))
  return JSON.stringify(text)
}

function nodeEncoding(encoding: string): 'base64' | 'hex' | 'latin1' {
  return encoding === 'base64' || encoding === 'hex' ? encoding : 'latin1'
}
