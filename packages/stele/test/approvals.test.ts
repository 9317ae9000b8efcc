import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Release } from '@stele/resolve/graph'
import { digestOf, readApprovals, verdictOn, writeApprovals } from '../src/scripts/approvals.ts'

const release: Release = {
  name: 'a',
  version: '1.0.0',
  dist: { tarball: '', integrity: 'sha512-x' },
}

// what stands in package.json, what it says of a@1.0.0
const rows: readonly (readonly [{ readonly [id: string]: string | false }, string])[] = [
  [{}, 'open'],
  [{ 'a@1.0.0': 'sha512-x' }, 'approved'],
  [{ 'a@1.0.0': 'sha512-y' }, 'changed'],
  [{ 'a@1.0.1': 'sha512-x' }, 'open'],
  [{ 'a@1.0.0': false }, 'denied'],
  [{ a: false }, 'denied'],
  [{ b: false }, 'open'],
]
for (const [scripts, verdict] of rows) {
  test(`verdictOn() gives ${verdict} for ${JSON.stringify(scripts)}`, () => {
    const approvals = readApprovals({ stele: { scripts } })
    assert.equal(verdictOn(approvals, 'a@1.0.0', release), verdict)
  })
}

test('readApprovals() takes nothing but digests and false', () => {
  const scripts = { a: true, b: null, c: ['sha512-x'], d: false }
  assert.deepEqual([...readApprovals({ stele: { scripts } })], [['d', false]])
  for (const manifest of [{}, { stele: 'x' }, { stele: { scripts: [] } }]) {
    assert.equal(readApprovals(manifest).size, 0)
  }
})

test('digestOf() gives the address where that pins the package', () => {
  const dist = { tarball: 'github:a/b#0123' }
  assert.equal(digestOf({ ...release, dist }), 'github:a/b#0123')
  assert.equal(digestOf({ ...release, dist: { tarball: '' } }), undefined)
})

test('writeApprovals() keeps the rest of the text as it was', async () => {
  const text = '{\r\n\t"name": "x",\r\n\t"files": ["a", "b"]\r\n}\r\n'
  const written = await writeApprovals(text, new Map([['a@1.0.0', 'sha512-x'] as const]))
  assert.equal(
    written,
    [
      '{',
      '\t"name": "x",',
      '\t"files": ["a", "b"],',
      '\t"stele": {',
      '\t\t"scripts": {',
      '\t\t\t"a@1.0.0": "sha512-x"',
      '\t\t}',
      '\t}',
      '}',
      '',
    ].join('\r\n'),
  )
  const denied = await writeApprovals(written, new Map([['a@1.0.0', false] as const]))
  assert.match(denied, /"a@1\.0\.0": false\r\n/)
})
