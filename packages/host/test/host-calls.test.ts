import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { callOf, hostOf, memoryState, resultOf } from './memory-state.ts'

type Row = readonly [body: string, result: unknown, args?: unknown[]]

const encodings: readonly Row[] = [
  ['() => Buffer.from("é").toString("hex")', 'c3a9'],
  ['() => Buffer.from("68c3a9", "hex").toString()', 'hé'],
  ['() => Buffer.from("aGk=", "base64").toString("utf8")', 'hi'],
  ['() => Buffer.from("aGk", "base64").toString()', 'hi'],
  ['() => Buffer.from("_-8", "base64").toString("hex")', 'ffef'],
  ['() => Buffer.from("aG\\nk=\\r\\n", "base64").toString()', 'hi'],
  ['() => Buffer.from("\\xff\\0", "binary").toString("hex")', 'ff00'],
  ['() => Buffer.from("abc", "hex")', 'InvalidEncodingError'],
  ['() => Buffer.from("a*b=", "base64")', 'InvalidEncodingError'],
  ['() => Buffer.from("abcde", "base64")', 'InvalidEncodingError'],
  ['() => Buffer.from("a", "utf7")', 'InvalidEncodingError'],
  ['() => Buffer.from("\\ud800").toString("hex")', 'efbfbd'],
  ['() => Buffer.from([255, 65]).toString()', '\ufffdA'],
  ['() => Buffer.from([0, 65]).toString()', '\0A'],
  ['() => Buffer.concat([Buffer.from("a"), new Uint8Array(1)]).length', 2],
  ['() => [Buffer.isBuffer(Buffer.alloc(2)), Buffer.alloc(2, 7)[1]]', [true, 7]],
  ['() => Buffer.from("ab").equals(Buffer.from([97, 98]))', true],
  ['() => Buffer.from("abcd").subarray(1, 3).toString()', 'bc'],
  ['() => Buffer.byteLength("é")', 2],
  ['() => [...new TextEncoder().encode("é")]', [195, 169]],
  ['() => new TextDecoder().decode(new Uint8Array([239, 187, 191, 65]))', 'A'],
  [
    '() => new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([239, 187, 191]))',
    '\ufeff',
  ],
  ['() => new TextDecoder("UTF-8", { fatal: true }).decode(new Uint8Array([255]))', 'TypeError'],
  ['() => new TextDecoder("latin1")', 'RangeError'],
]
const hashes: readonly Row[] = [
  ['(t) => System.hash("sha256", t)', hash('sha256', 'é'), ['é']],
  ['(t) => System.hash("sha512", t)', hash('sha512', 'a\0b'), ['a\0b']],
  ['(t) => System.hash("sha1", Buffer.from(t))', hash('sha1', 'x'), ['x']],
  ['() => System.hash("sha256", "\\ud800")', hash('sha256', '\ufffd')],
  [
    '() => System.hash("sha256", new Uint8Array([1, 2, 3]).subarray(1))',
    hash('sha256', Buffer.from([2, 3])),
  ],
  ['() => System.hash("sha256", new ArrayBuffer(0))', hash('sha256', '')],
  ['() => System.hash("sha256", Object.create(ArrayBuffer.prototype))', 'TypeError'],
  ['() => System.hash("md5", "x")', 'TypeError'],
  ['() => System.hash("sha256", 5)', 'TypeError'],
]
const fileCalls: readonly Row[] = [
  ['() => System.files.readFileSync("/note")', 'téxt'],
  ['() => System.files.readFile("/note", "utf8")', 'téxt'],
  ['() => System.files.readFileSync("/note", { encoding: "hex" })', '74c3a97874'],
  ['() => System.files.readFileSync("/note", "base64")', 'dMOpeHQ='],
  ['() => System.files.readFileSync("/note", "binary")', { $base64: 'dMOpeHQ=' }],
  ['() => System.files.readFileSync("/odd")', '\0\ufeff'],
  ['() => System.files.readFileSync("/json", "json").a', 1],
  ['() => System.files.readFileSync("/note", "json")', 'SyntaxError'],
  ['() => System.files.readFile("/zzz")', 'NotFoundError'],
  ['() => System.files.readFile("/dir")', 'NotAFileError'],
  ['() => System.files.readdir("/")', ['dir', 'json', 'note', 'odd']],
  [
    '() => System.files.readdirSync("/dir", { stat: true }).map((e) => [e.name, e.stat.size, e.stat.isFile()])',
    [['in', 2, true]],
  ],
  ['() => System.files.readdir("/note")', 'NotAFolderError'],
  ['() => System.files.existsSync("/dir") && !System.files.existsSync("/zzz")', true],
  [
    'async () => { const s = await System.files.stat("/dir"); return [s.type, s.size, s.isDirectory()] }',
    ['folder', 0, true],
  ],
  ['() => System.files.stat("/zzz")', 'NotFoundError'],
  ['() => System.files.writeFile("/zzz/a", "")', 'ParentFolderDoesntExistError'],
  ['() => System.files.writeFile("/dir", "")', 'EntryAlreadyExistsError'],
  ['() => System.files.mkdir("/dir")', 'EntryAlreadyExistsError'],
  ['() => System.files.rmdir("/dir")', 'DestDirectoryNotEmpty'],
  ['() => System.files.rmdir("/dir", { recursive: true })', undefined],
  ['() => System.files.unlink("/dir")', 'NotAFileError'],
  ['() => System.files.writeFile("/a\\0b", "")', 'InvalidPathError'],
  ['() => System.files.writeFile("/\\ud800", "")', 'InvalidPathError'],
  ['() => System.files.writeFile(5, "")', 'InvalidPathError'],
  ['() => System.files.writeFile("relative", "")', 'InvalidPathError'],
  ['() => System.files.writeFile("/new", 5)', 'TypeError'],
  ['() => System.files.writeFile("/new", "zz", "hex")', 'InvalidEncodingError'],
  ['() => System.files.getInfo()', {}],
]
for (const [body, result, args] of [...encodings, ...hashes, ...fileCalls]) {
  test(`serveHostCall() gives ${JSON.stringify(result)?.slice(0, 40)} to ${body}`, () => {
    const state = memoryState({
      '/note': 'téxt',
      '/odd': '\0\ufeff',
      '/json': '{"a":1}',
      '/dir/in': 'ab',
    })
    assert.deepEqual(resultOf(body, args, state), result)
  })
}

const written: readonly [data: string, stored: string][] = [
  ['"é\\0 end"', 'c3a90020656e64'],
  ['"\\ud800x"', 'efbfbd78'],
  ['"plain"', '706c61696e'],
  ['Buffer.from([0, 255])', '00ff'],
  ['new Uint8Array([1, 2, 3]).subarray(1)', '0203'],
  ['new ArrayBuffer(2)', '0000'],
  ['"/v8=", "base64"', 'feff'],
  ['"00ff", "hex"', '00ff'],
  ['{ b: [1] }, "json"', '7b2262223a5b315d7d'],
  ['"", { encoding: "utf8" }', ''],
]
for (const [data, stored] of written) {
  test(`serveHostCall() stores ${stored || 'nothing'} for writeFile(${data})`, () => {
    const host = hostOf(`exports.put = () => System.files.writeFile('/file', ${data})`)
    const outcome = host.call(callOf('put'), memoryState())
    assert.ok(outcome.ok)
    assert.deepEqual(outcome.writes, [
      { object: '/', field: 'file', value: new Uint8Array(Buffer.from(stored, 'hex')) },
    ])
  })
}

test('serveHostCall() gives blobs that the host has, and aborts the call for others', () => {
  const name = hash('sha512', 'chunk\n')
  const script = `exports.read = (name, how) => System.blobs.read(name, how)
    exports.tryRead = (name) => { try { return System.blobs.read(name) } catch { return 'caught' } }`
  const asked: string[] = []
  const blobs = (wanted: string): Uint8Array | undefined => {
    asked.push(wanted)
    return wanted === name ? Buffer.from('chunk\n') : undefined
  }
  const host = hostOf(script, { memory: 'fresh', blobs })
  const call = (method: string, ...args: unknown[]): unknown => {
    const outcome = host.call(callOf(method, ...args), memoryState())
    return outcome.ok ? outcome.result : outcome.error.name
  }
  assert.equal(call('read', name, 'utf8'), 'chunk\n')
  assert.deepEqual(call('read', name), { $base64: 'Y2h1bmsK' })
  const absent = '0'.repeat(128)
  for (const method of ['read', 'tryRead']) {
    assert.throws(
      () => call(method, absent),
      (error) =>
        isSteleError(error, 'call_aborted') && /the blob 0+ is not here/.test(error.message),
    )
  }
  assert.deepEqual(asked, [name, name, absent, absent])
  assert.equal(call('read', '../etc/passwd', 'utf8'), 'InvalidBlobNameError')
  assert.equal(asked.length, 4)
})

test('serveHostCall() looks among the blobs of the call first', () => {
  const [own, shared] = [hash('sha512', 'own'), hash('sha512', 'shared')]
  const blobs = (name: string): Uint8Array | undefined =>
    name === shared ? Buffer.from('shared') : undefined
  const host = hostOf('exports.read = (name) => System.blobs.read(name, "utf8")', { blobs })
  const call = (name: string): unknown => {
    const carried = { blobs: (asked: string) => (asked === own ? Buffer.from('own') : undefined) }
    const outcome = host.call({ ...callOf('read', name), ...carried }, memoryState())
    return outcome.ok && outcome.result
  }
  assert.deepEqual([call(own), call(shared)], ['own', 'shared'])
})

test('serveHostCall() prints lines, and stops after many', () => {
  const lines: string[] = []
  const host = hostOf(
    `exports.say = () => { console.log('a', 1, { b: [] }, undefined, new TypeError('x')); console.error('\\0\\ud800') }
     exports.flood = () => { const long = 'x'.repeat(9000); for (let i = 0; i < 1100; i++) console.log(i < 990 ? i : long) }`,
    { print: (line) => void lines.push(line) },
  )
  host.call(callOf('say'), memoryState())
  assert.deepEqual(lines, ['a 1 {"b":[]} undefined TypeError: x', '\0\ud800'])
  host.call(callOf('flood'), memoryState())
  assert.equal(lines.length, 1002)
  assert.equal(lines.at(-1)?.length, 8192)
})
