// The world of a script, part two: what scripts know from Node and the web, as far as we promise it. Part of the engine.
/* oxlint-disable max-lines-per-function, no-unused-expressions, typescript/unbound-method -- As in prelude.js. */
'use strict';
(function ({ encode, decode, encodingOf, isView, bufferOf, byteLengthOf, byteOffsetOf, sliceBuffer, named, print, uncurry, files, oracle, outside }) {
const { apply, construct } = Reflect
const { defineProperty, freeze, fromEntries, keys } = Object
const { parse, stringify } = JSON
const { isArray } = Array
const { trunc } = Math
const text = String
const cut = uncurry(String.prototype.slice)
const lower = uncurry(String.prototype.toLowerCase)
const isWellFormed = uncurry(String.prototype.isWellFormed)
const splice = uncurry(Array.prototype.splice)
const mapGet = uncurry(Map.prototype.get)
const mapSet = uncurry(Map.prototype.set)
const then = uncurry(Promise.prototype.then)
const resolvePromise = Promise.resolve.bind(Promise)
const setBytes = uncurry(Object.getPrototypeOf(Uint8Array.prototype).set)
const Bytes = Uint8Array
const RawBuffer = ArrayBuffer
const Error_ = Error
const TypeError_ = TypeError
const Date_ = Date
const Proxy_ = Proxy

class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === 'string') return new Buffer(encode(value, encodingOf(encoding, 'utf8')))
    if (value instanceof RawBuffer) return new Buffer(value, encoding, length)
    const bytes = isView(value) ? new Bytes(bufferOf(value), byteOffsetOf(value), byteLengthOf(value)) : value
    const copy = new Buffer(bytes.length)
    setBytes(copy, bytes)
    return copy
  }
  static alloc(size, fill = 0) { return new Buffer(size).fill(fill) }
  static isBuffer(value) { return value instanceof Buffer }
  static byteLength(value, encoding) { return byteLengthOf(Buffer.from(value, encoding)) }
  static concat(list) {
    let size = 0
    for (const item of list) size += item.length
    const all = new Buffer(size)
    let at = 0
    for (const item of list) { setBytes(all, item, at); at += item.length }
    return all
  }
  toString(encoding) {
    const name = encodingOf(encoding, 'utf8')
    return decode(this, name === 'binary' ? 'latin1' : name)
  }
  equals(other) { return decode(this, 'hex') === decode(other, 'hex') }
}

class TextEncoder {
  get encoding() { return 'utf-8' }
  encode(value = '') { return new Bytes(encode(value, 'utf8')) }
}
class TextDecoder {
  constructor(label = 'utf-8', options = {}) {
    if (lower(text(label)) !== 'utf-8' && text(label) !== 'utf8') throw new RangeError('Cannot decode: only utf-8 is known')
    defineProperty(this, 'encoding', { __proto__: null, value: 'utf-8' })
    this.fatal = options.fatal === true
    this.ignoreBOM = options.ignoreBOM === true
  }
  decode(value = new Bytes(0)) {
    const decoded = decode(value, this.fatal ? 'fatal' : 'utf8')
    return !this.ignoreBOM && decoded[0] === '\ufeff' ? cut(decoded, 1) : decoded
  }
}
function structuredClone(value, seen = new Map()) {
  if (typeof value === 'function' || typeof value === 'symbol') throw named('DataCloneError', 'Cannot clone a function or a symbol')
  if (typeof value !== 'object' || value === null) return value
  const known = mapGet(seen, value)
  if (known !== undefined) return known
  const copied = cloneLeaf(value)
  if (copied !== undefined) { mapSet(seen, value, copied); return copied }
  const copy = isArray(value) ? [] : value instanceof Map ? new Map() : value instanceof Set ? new Set() : value instanceof Error_ ? named(value.name, value.message) : {}
  mapSet(seen, value, copy)
  if (copy instanceof Map) for (const [key, member] of value) copy.set(structuredClone(key, seen), structuredClone(member, seen))
  else if (copy instanceof Set) for (const member of value) copy.add(structuredClone(member, seen))
  else if (!(copy instanceof Error_)) for (const key of keys(value)) defineProperty(copy, key, { __proto__: null, value: structuredClone(value[key], seen), writable: true, configurable: true, enumerable: true })
  return copy
}
function cloneLeaf(value) {
  if (value instanceof Date) return new Date(value.getTime())
  if (value instanceof RegExp) return new RegExp(value.source, value.flags)
  if (value instanceof RawBuffer) return sliceBuffer(value, 0)
  if (isView(value)) return value instanceof DataView ? new DataView(sliceBuffer(bufferOf(value), 0), byteOffsetOf(value)) : value.slice()
  return undefined
}

// ---- Timers run in virtual time, and only while a call waits: what is left when it ends is dropped.
const timers = []
let nextTimer = 1
let now = 0
function addTimer(callback, delay, every, args) {
  if (typeof callback !== 'function') throw new TypeError_('Cannot set a timer: its callback is not a function')
  const wait = delay >= 1 ? trunc(delay) : 1
  const timer = { id: nextTimer++, at: now + wait, every: every ? wait : 0, callback, args }
  insertTimer(timer)
  return timer.id
}
function insertTimer(timer) {
  let index = timers.length
  while (index > 0 && timers[index - 1].at > timer.at) index--
  splice(timers, index, 0, timer)
}
function clearTimer(id) {
  for (let index = 0; index < timers.length; index++) if (timers[index].id === id) { splice(timers, index, 1); return }
}
function guarded(callback, args) {
  try { apply(callback, undefined, args) } catch (error) { print('Uncaught', error) }
}
function tick() {
  if (timers.length === 0) return 0
  const timer = splice(timers, 0, 1)[0]
  now = timer.at
  if (timer.every > 0) { timer.at += timer.every; insertTimer(timer) }
  guarded(timer.callback, timer.args)
  return 1
}
const NOTHING = freeze([])

// ---- What an oracle's function finds besides: fetch, and a clock that goes. The host runs it on a copy of the memory.
class Headers extends Map {
  get(name) { return super.get(lower(text(name))) ?? null }
  has(name) { return super.has(lower(text(name))) }
}
class Response {
  #body
  constructor({ url, status, headers, body }) {
    this.url = url
    this.status = status
    this.ok = status >= 200 && status < 300
    this.headers = new Headers()
    for (const name of keys(headers)) this.headers.set(name, headers[name])
    this.#body = typeof body === 'string' ? encode(body, 'utf8') : encode(body.$base64, 'base64')
  }
  async arrayBuffer() { return sliceBuffer(this.#body, 0) }
  async bytes() { return new Bytes(sliceBuffer(this.#body, 0)) }
  async text() { return new TextDecoder().decode(new Bytes(this.#body)) }
  async json() { return parse(await this.text()) }
}
async function fetch(url, init = {}) {
  const request = { __proto__: null, url: text(url) }
  if (init.method !== undefined) request.method = text(init.method)
  if (init.headers !== undefined) request.headers = typeof init.headers[Symbol.iterator] === 'function' ? fromEntries(init.headers) : init.headers
  if (init.body !== undefined && init.body !== null) {
    if (typeof init.body !== 'string' && !isView(init.body) && !(init.body instanceof RawBuffer)) throw new TypeError_('Cannot fetch: the body is neither text nor bytes')
    request.body = typeof init.body === 'string' ? init.body : { $base64: decode(init.body, 'base64') }
  }
  return new Response(outside({ fetch: request }))
}
const realTime = () => outside({ time: true })
function enterOracle() {
  const clock = new Proxy_(Date_, {
    apply: () => text(construct(Date_, [realTime()])),
    construct: (target, args, newTarget) => construct(target, args.length === 0 ? [realTime()] : args, newTarget),
  })
  defineProperty(Date_, 'now', { __proto__: null, value: () => realTime(), writable: true, configurable: true })
  defineProperty(globalThis, 'Date', { __proto__: null, value: clock, writable: true, configurable: true })
  defineProperty(globalThis, 'fetch', { __proto__: null, value: fetch, writable: true, configurable: true })
}

// ---- Services beside this one, for a factory: which there are follows from its files.
const FOLDER = '/.vms'
function isVmName(id) {
  if (typeof id !== 'string' || id.length === 0 || id.length > 64) return false
  for (let index = 0; index < id.length; index++) {
    const letter = id[index]
    if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter === '-' || letter === '_')) return false
  }
  return true
}
const vms = {
  async provisionVM(options) {
    const { title = '', code } = options ?? {}
    if (typeof title !== 'string' || !isWellFormed(title) || title.length > 200) throw new TypeError_('Cannot provision a service: "title" is not a text of at most 200 characters')
    if (typeof code !== 'string' || !isWellFormed(code) || code === '') throw new TypeError_('Cannot provision a service: "code" is not the text of a script')
    const { id, callLogUrl, filesArchiveUrl } = oracle(() => outside({ vms: { provision: { title, code } } }))
    if (!isVmName(id)) throw new Error_('Cannot provision a service: it was given no name')
    if (!files.existsSync(FOLDER)) files.mkdirSync(FOLDER)
    if (files.existsSync(FOLDER + '/' + id)) throw named('EntryAlreadyExistsError', `Cannot provision a service: there is one of the name ${stringify(id)}`)
    files.writeFileSync(FOLDER + '/' + id, stringify({ __proto__: null, title, code }))
    return { id, callLogUrl, filesArchiveUrl }
  },
  async shutdownVM(id) {
    if (!isVmName(id) || !files.existsSync(FOLDER + '/' + id)) throw named('NotFoundError', `Cannot shut down the service ${stringify(text(id))}: there is none of this name`)
    files.unlinkSync(FOLDER + '/' + id)
  },
}
const globals = {
  __proto__: null, Buffer, TextEncoder, TextDecoder,
  structuredClone: (value) => structuredClone(value),
  console: { log: print, info: print, warn: print, error: print, debug: print },
  setTimeout: (callback, delay, ...args) => addTimer(callback, delay, false, args),
  setInterval: (callback, delay, ...args) => addTimer(callback, delay, true, args),
  setImmediate: (callback, ...args) => addTimer(callback, 0, false, args),
  clearTimeout: clearTimer, clearInterval: clearTimer, clearImmediate: clearTimer,
  queueMicrotask: (callback) => { then(resolvePromise(), () => guarded(callback, NOTHING)) },
}

return {
  globals,
  vms,
  enterOracle,
  toBuffer: (buffer) => new Buffer(buffer),
  tick,
  dropTimers() { timers.length = 0; now = 0 },
}
})
