// Files of located packages: whole and as the log knows them, or an error that says what to do.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { canonicalJson } from '@stele/formats/json'
import { parsePackageName, parseVersion } from '@stele/formats/names'
import { formatFileList } from '@stele/tarball'
import { makePackage } from '../../testkit/src/tarball.ts'
import type { Located } from '../src/scanner/located.ts'
import { createFileReads, type Facts, type FilePorts } from '../src/scanner/located-files.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stele-located-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Made = { readonly facts: Facts; readonly digest: string }

function put(files: Readonly<Record<string, string>>): Made {
  const listed = Object.entries(files).map(([path, text]) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
    return { path, mode: 644 as const, size: text.length, sha256: hash('sha256', text, 'hex') }
  })
  const packageJson = Buffer.from(files['package.json'] ?? '')
  const digest = hash('sha256', formatFileList(listed).fileList, 'hex')
  return { facts: { files: new Map(listed.map((one) => [one.path, one])), packageJson }, digest }
}

const manifest = JSON.stringify({ name: 'map', version: '1.0.0' })

function locatedAt(digest: string, changes: Partial<Located['row']> = {}): Located {
  const [name, version] = [parsePackageName('map'), parseVersion(changes.version ?? '1.0.0')]
  const record = canonicalJson({ name, version })
  const common = { name, version, files: digest, record }
  return {
    row: { ...common, scanner: 'directory', integrity: null, gone: false, ...changes },
    finding: { ...common, place: { kind: 'folder', path: folder, inside: 'map' }, modifiedMs: 1 },
  }
}

function portsOf(
  { facts, digest }: Made,
  changes: Partial<FilePorts> = {},
): FilePorts & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    facts: async (files) => (files === digest ? facts : undefined),
    blob: () => undefined,
    takenDown: () => undefined,
    again: (scanner, spec) => asked.push(`${scanner} ${spec}`),
    ...changes,
  }
}

test('a file is given as it is in the list, and as nothing else', async () => {
  const made = put({ 'package.json': manifest, 'a.js': 'a()' })
  const ports = portsOf(made)
  const one = locatedAt(made.digest)
  const read = createFileReads(ports)
  assert.equal(Buffer.from((await read.one(one, 'a.js'))?.content ?? []).toString(), 'a()')
  assert.equal(await read.one(one, 'b.js'), undefined)
  writeFileSync(join(folder, 'a.js'), 'b()')
  await assert.rejects(read.one(one, 'a.js'), { code: 'server_busy', message: /is being scanned/ })
  await assert.rejects(read.all(one), { code: 'server_busy' })
  assert.deepEqual(ports.asked, ['directory map@1.0.0', 'directory map@1.0.0'])
  rmSync(join(folder, 'package.json'))
  assert.equal((await read.one(one, 'package.json'))?.size, manifest.length, 'it is known anyway')
})

test('a release whose files are others for good says so, and is not scanned again for that', async () => {
  const made = put({ 'package.json': manifest, 'a.js': 'a()' })
  const ports = portsOf(made)
  const { row, finding } = locatedAt(made.digest)
  writeFileSync(join(folder, 'a.js'), 'b()')
  const changed: Located = { row, ...(finding && { finding: { ...finding, files: 'other' } }) }
  await assert.rejects(createFileReads(ports).one(changed, 'a.js'), { code: 'located_changed' })
  assert.deepEqual(ports.asked, [])
})

test('a package of which only the log knows yet is asked for again', async () => {
  const made = put({ 'package.json': manifest })
  const ports = portsOf(made, { facts: async () => undefined })
  const one = locatedAt(made.digest)
  await assert.rejects(createFileReads(ports).one(one, 'package.json'), { code: 'server_busy' })
  const { row } = one
  await assert.rejects(createFileReads(portsOf(made)).all({ row }), { code: 'server_busy' })
})

test('the tarball that the log keeps is what is given, and not where it was taken down', async () => {
  const tarball = makePackage({ name: 'map', version: '1.0.0' }, { 'a.js': 'kept()' })
  const name = hash('sha512', tarball, 'hex')
  const integrity = `sha512-${hash('sha512', tarball, 'base64')}`
  const made = put({ 'package.json': manifest, 'a.js': 'other()' })
  const one = locatedAt(made.digest, { integrity })
  const blob: FilePorts['blob'] = (asked) => (asked === name ? tarball : undefined)
  const read = createFileReads(portsOf(made, { blob }))
  assert.equal(await read.tarball(one), tarball)
  assert.equal(Buffer.from((await read.one(one, 'a.js'))?.content ?? []).toString(), 'kept()')
  assert.equal((await read.all(one)).length, 2)
  const down = createFileReads(portsOf(made, { takenDown: () => 'a reason' }))
  for (const asked of [down.tarball(one), down.one(one, 'a.js'), down.all(one)]) {
    await assert.rejects(asked, { code: 'taken_down' })
  }
})

test('a tarball that would be another one than the log knows is not given', async () => {
  const made = put({ 'package.json': manifest })
  const integrity = `sha512-${hash('sha512', 'another', 'base64')}`
  const read = createFileReads(portsOf(made))
  await assert.rejects(read.tarball(locatedAt(made.digest, { integrity })), { code: 'server_busy' })
})
