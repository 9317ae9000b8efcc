import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { filesBeside, parseFilesSource, parseLogSource } from '../src/sources/service-source.ts'

let folder = ''
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'stele-source-'))
  for (const copy of ['service/public', 'clone']) {
    mkdirSync(join(folder, copy, '-/log'), { recursive: true })
    writeFileSync(join(folder, copy, '-/log/key'), '')
  }
  mkdirSync(join(folder, 'plain'))
})
after(() => rmSync(folder, { recursive: true }))

const addresses: readonly (readonly [text: string, root: string])[] = [
  ['localhost:5555', 'http://localhost:5555'],
  ['127.0.0.1:5555/list/', 'http://127.0.0.1:5555/list'],
  ['example.com', 'https://example.com'],
  ['http://example.com', 'http://example.com'],
  ['ws://localhost:5555', 'http://localhost:5555'],
  ['wss://example.com/list', 'https://example.com/list'],
  ['http://localhost:5555/-/log/', 'http://localhost:5555'],
  ['http://localhost:5555/list/-/files', 'http://localhost:5555/list'],
]
const faults: readonly (readonly [text: string, message: RegExp])[] = [
  ['ftp://example.com', /"ftp:\/\/example\.com"/],
  ['http://', /"http:\/\/"/],
  ['http://alice@example.com', /no user name, query or fragment/],
  ['localhost:5555?user=alice', /no user name, query or fragment/],
  ['localhost:5555#x', /no user name, query or fragment/],
  ['file://host/x', /is not the address of a folder on this machine/],
  ['./none', /There is no folder "\.\/none" here/],
]
for (const [parse, name] of [
  [parseLogSource, 'parseLogSource()'],
  [parseFilesSource, 'parseFilesSource()'],
] as const) {
  suite(name, () => {
    for (const [text, root] of addresses) {
      test(`${name} gives ${root} when "${text}" is typed`, () => {
        assert.deepEqual(parse(text, 'vm verify'), { kind: 'http', root })
      })
    }

    for (const [text, message] of faults) {
      test(`${name} throws usage_wrong when "${text}" is typed`, () => {
        assert.throws(() => parse(text, 'vm verify'), { code: 'usage_wrong', message })
      })
    }

    test(`${name} throws usage_wrong when a file is named`, () => {
      const path = join(folder, 'clone/-/log/key')
      const wanted = { code: 'usage_wrong', message: /is a file, not a folder/ }
      assert.throws(() => parse(path, 'vm verify'), wanted)
    })
  })
}

suite('of folders', () => {
  test("parseLogSource() finds the log of a clone, and of a service's own folder", () => {
    const path = join(folder, 'clone')
    const own = join(folder, 'service/public')
    for (const text of [path, `${path}/`, `${path}/-/log/`, `file://${path}`, relative('', path)]) {
      assert.deepEqual(parseLogSource(text, ''), { kind: 'folder', path }, text)
    }
    for (const text of [own, join(folder, 'service')]) {
      assert.deepEqual(parseLogSource(text, ''), { kind: 'folder', path: own }, text)
    }
  })

  test('parseLogSource() throws usage_wrong when the folder holds no log', () => {
    const wanted = { code: 'usage_wrong', message: /holds no call log/ }
    assert.throws(() => parseLogSource(join(folder, 'plain'), ''), wanted)
  })

  test('parseFilesSource() gives the files of a clone, and any other folder as it is', () => {
    const [clone, plain] = [join(folder, 'clone'), join(folder, 'plain')]
    const files = { kind: 'folder', path: join(clone, 'files') }
    assert.deepEqual(parseFilesSource(clone, ''), files)
    assert.deepEqual(parseFilesSource(plain, ''), { kind: 'folder', path: plain })
  })

  test('filesBeside() gives the files of a clone, and of a service its own address', () => {
    const service = { kind: 'http', root: 'http://localhost:5555' } as const
    assert.deepEqual(filesBeside(service), service)
    const clone = filesBeside({ kind: 'folder', path: '/clone' })
    assert.deepEqual(clone, { kind: 'folder', path: join('/clone', 'files') })
  })
})
