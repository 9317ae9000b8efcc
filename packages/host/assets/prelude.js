// The world of a script, part one: the way to the host, System, and the functions by which the host drives the script.
// Evaluated once per VM, before the script; part of the engine. Everything that it relies on is captured here, so that a
// script which changes the built-ins changes only what it sees itself.
/* oxlint-disable max-lines-per-function, no-unused-expressions, typescript/unbound-method -- One closure by design: it is
   an expression that the host evaluates and calls, and it captures methods to call them with uncurry(). */
'use strict';
(function (makeWorld, ...hostFunctions) {
const uncurry = (method) => Function.prototype.call.bind(method)
const { parse, stringify } = JSON
const { apply } = Reflect
const { keys, freeze, defineProperty, getPrototypeOf } = Object
const isWellFormed = uncurry(String.prototype.isWellFormed)
const toWellFormed = uncurry(String.prototype.toWellFormed)
const includes = uncurry(String.prototype.includes)
const cut = uncurry(String.prototype.slice)
const hasOwn = uncurry(Object.prototype.hasOwnProperty)
const push = uncurry(Array.prototype.push)
const mapGet = uncurry(Map.prototype.get)
const mapSet = uncurry(Map.prototype.set)
const then = uncurry(Promise.prototype.then)
const resolvePromise = Promise.resolve.bind(Promise)
const BytesPrototype = getPrototypeOf(Uint8Array.prototype)
const getterOf = (prototype, name) => uncurry(Object.getOwnPropertyDescriptor(prototype, name).get)
const kindOf = getterOf(BytesPrototype, Symbol.toStringTag) // undefined for what is no TypedArray.
const viewGetter = (name) => {
  const [ofBytes, ofDataView] = [getterOf(BytesPrototype, name), getterOf(DataView.prototype, name)]
  return (view) => kindOf(view) === undefined ? ofDataView(view) : ofBytes(view)
}
const bufferOf = viewGetter('buffer')
const byteLengthOf = viewGetter('byteLength')
const byteOffsetOf = viewGetter('byteOffset')
const bufferLengthOf = getterOf(ArrayBuffer.prototype, 'byteLength')
const sliceBuffer = uncurry(ArrayBuffer.prototype.slice)
const isView = ArrayBuffer.isView
const NativeBuffer = ArrayBuffer
const NativeError = Error
const NativeTypeError = TypeError
const text = String

const host = { __proto__: null }
for (const fn of hostFunctions) host[fn.name] = fn

// ---- Text and bytes across the boundary. Raw text may hold neither NUL nor a lone surrogate; the rest goes as JSON or bytes.
const isPlain = (value) => isWellFormed(value) && !includes(value, '\0')
const ERROR_NAMES = { __proto__: null,
  [-1]: ['NotFoundError', 'nothing is there'],
  [-2]: ['NotAFileError', 'it is a folder'],
  [-3]: ['NotAFolderError', 'it is a file'],
  [-4]: ['EntryAlreadyExistsError', 'a file or folder is there already'],
  [-5]: ['ParentFolderDoesntExistError', 'its parent folder does not exist'],
  [-6]: ['DestDirectoryNotEmpty', 'the folder is not empty'],
  [-7]: ['InvalidPathError', 'a path starts with "/", its segments are neither empty nor "." nor "..", and it is not over long'],
  [-8]: ['NotOpenError', 'it cannot be done while the script loads, nor changed within an oracle'],
  [-9]: ['InvalidEncodingError', 'the data does not fit the encoding'],
  [-12]: ['InvalidBlobNameError', 'a blob is named by the 128 lower-case hex digits of its SHA-512'],
}
const ODD_TEXT = -11
const FOLDER = -10

function named(name, message) {
  const error = new NativeError(message)
  defineProperty(error, 'name', { __proto__: null, value: name, writable: true, configurable: true, enumerable: false })
  return error
}
function failure(code, action, subject) {
  const known = ERROR_NAMES[code]
  return named(known[0], `Cannot ${action} ${stringify(subject)}: ${known[1]}`)
}
function isBytes(value) { return isView(value) || value instanceof NativeBuffer }
// The bytes as an ArrayBuffer of their own.
function exactBuffer(value) {
  if (!isView(value)) {
    bufferLengthOf(value) // Refuses what only claims to be one.
    return value
  }
  const buffer = bufferOf(value)
  const start = byteOffsetOf(value)
  const length = byteLengthOf(value)
  return start === 0 && length === bufferLengthOf(buffer) ? buffer : sliceBuffer(buffer, start, start + length)
}
function encodingOf(options, fallback) {
  const name = typeof options === 'object' && options !== null ? options.encoding : options
  if (name === undefined || name === null) return fallback
  const found = { __proto__: null, utf8: 'utf8', 'utf-8': 'utf8', json: 'json', base64: 'base64', hex: 'hex', binary: 'binary', latin1: 'latin1' }[name]
  if (found === undefined) throw named('InvalidEncodingError', `Cannot use the encoding ${stringify(text(name))}: it is one of utf8, json, base64, hex and binary`)
  return found
}
function encode(value, encoding) {
  const buffer = host.encode(stringify(text(value)), encoding)
  if (typeof buffer === 'number') throw failure(buffer, 'read as ' + encoding, cut(text(value), 0, 40))
  return buffer
}
function decode(value, encoding) {
  const answer = host.decode(exactBuffer(value), encoding)
  if (typeof answer === 'number') throw new NativeTypeError('Cannot decode: the bytes are not UTF-8')
  return parse(answer)
}


// JSON.stringify of bytes, also inside results: {"$base64": …}.
for (const prototype of [Uint8Array.prototype, ArrayBuffer.prototype]) {
  defineProperty(prototype, 'toJSON', { value: function toJSON() { return { $base64: decode(this, 'base64') } }, writable: true, configurable: true })
}
function reviveBytes(value) {
  if (typeof value !== 'object' || value === null) return value
  const names = keys(value)
  if (names.length === 1 && names[0] === '$base64' && typeof value.$base64 === 'string') {
    const buffer = host.encode(stringify(value.$base64), 'base64')
    return typeof buffer === 'number' ? value : web.toBuffer(buffer)
  }
  for (let index = 0; index < names.length; index++) {
    const name = names[index]
    const revived = reviveBytes(value[name])
    if (revived !== value[name]) defineProperty(value, name, { __proto__: null, value: revived, writable: true, configurable: true, enumerable: true })
  }
  return value
}

// ---- Files
function pathOf(path, action) {
  if (typeof path !== 'string' || !isPlain(path)) throw failure(-7, action, text(path))
  return path
}
function done(code, action, path) { if (code < 0) throw failure(code, action, path) }
function bytesAs(buffer, encoding) {
  if (encoding === 'binary') return web.toBuffer(buffer)
  const value = decode(buffer, encoding === 'json' ? 'utf8' : encoding)
  return encoding === 'json' ? parse(value) : value
}
function statOf(size) {
  const folder = size === FOLDER
  return { type: folder ? 'folder' : 'file', size: folder ? 0 : size, isDirectory: () => folder, isFile: () => !folder }
}
function stat(path) {
  const size = host.stat(pathOf(path, 'stat'))
  if (size < 0 && size !== FOLDER) throw failure(size, 'stat', path)
  return statOf(size)
}
const files = {
  getInfo() { return parse(info) },
  stat,
  exists(path) {
    const size = host.stat(pathOf(path, 'stat'))
    if (size === -7 || size === -8) throw failure(size, 'stat', path)
    return size >= 0 || size === FOLDER
  },
  readFile(path, options) {
    const encoding = encodingOf(options, 'utf8')
    pathOf(path, 'read')
    if (encoding === 'utf8' || encoding === 'json') {
      const value = host.readText(path)
      if (typeof value === 'string') return encoding === 'json' ? parse(value) : value
      if (value !== ODD_TEXT) throw failure(value, 'read', path)
    }
    const buffer = host.readBytes(path)
    if (typeof buffer === 'number') throw failure(buffer, 'read', path)
    return bytesAs(buffer, encoding)
  },
  readdir(path, options) {
    const listing = host.list(pathOf(path, 'list'))
    if (typeof listing === 'number') throw failure(listing, 'list', path)
    const fields = parse(listing)
    const folder = path === '/' ? path : path + '/'
    const withStat = typeof options === 'object' && options !== null && options.stat === true
    const found = []
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index]
      const name = field[field.length - 1] === '/' ? cut(field, 0, -1) : field
      push(found, withStat ? { name, stat: stat(folder + name) } : name)
    }
    return found
  },
  writeFile(path, data, options) {
    const encoding = encodingOf(options, 'utf8')
    pathOf(path, 'write')
    if (isBytes(data)) return done(host.writeBytes(path, exactBuffer(data)), 'write', path)
    const value = encoding === 'json' ? stringify(data) : data
    if (typeof value !== 'string') throw new NativeTypeError(`Cannot write ${stringify(path)}: the data is neither text nor bytes`)
    if ((encoding === 'utf8' || encoding === 'json') && isPlain(value)) return done(host.writeText(path, value), 'write', path)
    done(host.writeBytes(path, encode(value, encoding === 'json' ? 'utf8' : encoding)), 'write', path)
  },
  mkdir(path) { done(host.mkdir(pathOf(path, 'make')), 'make', path) },
  unlink(path) { done(host.unlink(pathOf(path, 'remove')), 'remove', path) },
  rmdir(path, options) {
    const recursive = typeof options === 'object' && options !== null && options.recursive === true
    done(host.rmdir(pathOf(path, 'remove'), recursive ? 'all' : 'empty'), 'remove', path)
  },
}
for (const name of keys(files)) {
  const sync = files[name]
  files[name + 'Sync'] = sync
  files[name] = { async [name](...args) { return apply(sync, files, args) } }[name]
}

// ---- System, console, Math.random, text coders
let info = '{}'
let caller
let via
let time = 0
let seed = ''
let nextWord
const rotate = (word, bits) => (word << bits) | (word >>> (32 - bits))
// xoshiro128**: its state is the first half of the call's seed, with the second half mixed in.
function makeWords(hex) {
  const imul = Math.imul
  const word = (at) => Number('0x' + cut(hex, at * 8, at * 8 + 8)) | 0
  const mixed = (at) => (imul(word(at), 0x9e3779b1) + rotate(word(at + 4), 13)) | 0
  const s = [mixed(0), mixed(1), mixed(2), mixed(3) || 1]
  return () => {
    const value = imul(rotate(imul(s[1], 5), 7), 9)
    const carry = s[1] << 9
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= carry; s[3] = rotate(s[3], 11)
    return value >>> 0
  }
}
const { random } = { random() {
  nextWord ??= makeWords(seed)
  return ((nextWord() >>> 5) * 67108864 + (nextWord() >>> 6)) / 9007199254740992
} }
defineProperty(Math, 'random', { value: random, writable: true, configurable: true })
function show(value) {
  if (typeof value === 'string') return value
  try {
    if (value instanceof NativeError) return `${value.name}: ${value.message}`
    return stringify(value) ?? text(value)
  } catch { return '[unprintable]' }
}
function print(...values) {
  let line = ''
  for (let index = 0; index < values.length; index++) line += (index === 0 ? '' : ' ') + show(values[index])
  host.print(stringify(cut(line, 0, 8192)))
}
function hash(algorithm, data) {
  const name = text(algorithm)
  if (name !== 'sha256' && name !== 'sha512' && name !== 'sha1') throw new NativeTypeError(`Cannot hash with ${stringify(name)}: it is one of sha256, sha512 and sha1`)
  if (typeof data === 'string') return isPlain(data) ? host.hashText(name, data) : host.hashBytes(name, encode(data, 'utf8'))
  if (isBytes(data)) return host.hashBytes(name, exactBuffer(data))
  throw new NativeTypeError('Cannot hash: the data is neither text nor bytes')
}
const blobs = {
  read(name, options) {
    const encoding = encodingOf(options, 'binary')
    const id = isPlain(text(name)) ? text(name) : ''
    if (encoding === 'utf8' || encoding === 'json') {
      const value = host.blobText(id)
      if (typeof value === 'string') return encoding === 'json' ? parse(value) : value
      if (value !== ODD_TEXT) throw failure(value, 'read the blob', id)
    }
    const buffer = host.blobBytes(id)
    if (typeof buffer === 'number') throw failure(buffer, 'read the blob', id)
    return bytesAs(buffer, encoding)
  },
}
function oracle(fn) {
  if (typeof fn !== 'function') throw new NativeTypeError('Cannot ask an oracle: its argument is not a function')
  return answered(host.oracle(fn))
}
// What lies outside of the service, within an oracle's function alone. Which requests are answered is up to the operator.
function outside(request) {
  const json = stringify(request)
  if (json === undefined) throw new NativeTypeError('Cannot ask outside: the request is not JSON')
  return answered(host.outside(json))
}
function answered(json) {
  const answer = parse(json)
  if (hasOwn(answer, 'error')) throw named(answer.error.name, answer.error.message)
  return answer.value
}
const web = makeWorld({ encode, decode, encodingOf, isView, bufferOf, byteLengthOf, byteOffsetOf, sliceBuffer, named, print, uncurry, files, oracle, outside })
const System = {
  caller: freeze({ get id() { return caller }, get via() { return via } }),
  get time() { return time },
  hash, oracle, outside, blobs: freeze(blobs), files: freeze(files),
}
const environment = { __proto__: null, System: freeze(defineProperty(System, 'vms', { __proto__: null, value: freeze(web.vms) })), ...web.globals }
for (const name of keys(environment)) defineProperty(globalThis, name, { value: environment[name], writable: true, configurable: true })

// ---- Driven by the host. An answer's first letter: r result, u undefined, b bad result, e error, m no such method, p pending.
const methods = new Map()
let exported = {}
let init
let settled = 'p'
let asked = 'p'

function answer(value) {
  if (value === undefined) return 'u'
  try {
    const json = stringify(value)
    return json === undefined ? 'b["TypeError","it is a function or a symbol"]' : 'r' + json
  } catch (error) { return 'b' + describe(error) }
}
function describe(error) {
  let name = 'Error'
  let message = 'unreadable error'
  try {
    const isObject = (typeof error === 'object' && error !== null) || typeof error === 'function'
    message = isObject ? text(error.message ?? '') : text(error)
    if (isObject && error.name !== undefined) name = text(error.name)
  } catch { message = 'unreadable error' }
  return stringify([toWellFormed(cut(name, 0, 200)), toWellFormed(cut(message, 0, 4000))])
}
function load(factory, infoText) {
  info = infoText
  const module = { exports: exported }
  apply(factory, exported, [exported, module])
  exported = module.exports
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null) return '{"methods":[],"anonymous":false}'
  const names = []
  const found = keys(exported)
  for (let index = 0; index < found.length; index++) {
    const name = found[index]
    const method = exported[name]
    if (typeof method !== 'function') continue
    if (name === 'init') init = method
    else { mapSet(methods, name, method); push(names, name) }
  }
  return stringify({ __proto__: null, methods: names, anonymous: hasOwn(exported, 'anonymous') && exported.anonymous === true })
}
function start(kind, head, args) {
  const about = parse(head)
  caller = about[1] === null ? undefined : about[1]
  time = about[2]
  seed = about[3]
  via = about[4]
  nextWord = undefined
  settled = 'p'
  web.dropTimers()
  const method = kind === 'init' ? init : mapGet(methods, about[0])
  if (method === undefined) return 'm'
  try {
    const list = parse(args)
    const value = apply(method, exported, includes(args, '"$base64"') ? reviveBytes(list) : list)
    return settle(value, (end) => { settled = end })
  } catch (error) { return 'e' + describe(error) }
}
// The answer at once, or 'p' and the answer later.
function settle(value, keep) {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject || typeof value.then !== 'function') return answer(value)
  then(resolvePromise(value), (result) => { keep(answer(result)) }, (error) => { keep('e' + describe(error)) })
  return 'p'
}
function ask(fn) {
  asked = 'p'
  web.enterOracle() // On a copy of the memory: it ends with it.
  try {
    return settle(fn(), (end) => { asked = end })
  } catch (error) { return 'e' + describe(error) }
}
return [load, start, () => settled, web.tick, ask, () => asked]
})
