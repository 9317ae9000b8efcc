// Records made the fast way, beside the same made by normalising everything.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@stele/formats/json'
import { parseVersion } from '@stele/formats/names'
import { roundsOf } from '@stele/testkit'
import fc from 'fast-check'
import { codePoint, codePointCount } from '../../testkit/src/code-points.ts'
import {
  createNormalizedRecords,
  createRecordTexts,
  type RecordTexts,
} from '../src/record-texts.ts'

const anyCharacter = fc.nat(codePointCount - 1).map(codePoint)

const version = parseVersion('1.0.0')
const name = fc.constantFrom('a', '@s/b', 'Up.Case')
const key = fc.oneof(
  fc.constantFrom('a', 'b', '10', '9', '__proto__', '@s/x', 'ä', 'A', '.', '..', 'x/y', 'c:d', ''),
  fc.string({ unit: anyCharacter, maxLength: 4 }),
)
const text = fc.oneof(
  fc.constantFrom(
    '^1.0.0',
    '*',
    '',
    'user/repo',
    'git@github.com:u/r.git',
    'npm:x@1',
    './bin/x.js',
  ),
  fc.constantFrom('bin/x.js', '../x', '/x', 'a\\b', '.x', 'a/.x', '"', '\\ud800', 'constructor'),
  fc.string({ unit: anyCharacter, maxLength: 4 }),
)
const texts = fc.dictionary(key, text, { maxKeys: 4 })
const odd = fc.oneof(
  fc.json({ maxDepth: 2 }).map((json): unknown => JSON.parse(json)),
  text,
)
const meta = fc.dictionary(key, fc.oneof(odd, fc.constant({ optional: true })), { maxKeys: 3 })
const list = fc.array(text, { maxLength: 3 })
const member = fc.oneof(texts, texts, list, odd, fc.constant(null), fc.boolean())
const manifest = fc.record(
  {
    dependencies: member,
    optionalDependencies: fc.oneof(member, fc.constant({})),
    peerDependencies: member,
    peerDependenciesMeta: fc.oneof(meta, member),
    bundleDependencies: fc.oneof(member, fc.constant([])),
    bundledDependencies: fc.oneof(member, fc.constant([])),
    bin: member,
    engines: member,
    os: member,
    cpu: member,
    libc: member,
    scripts: fc.oneof(fc.constant({ install: 'x' }), member),
    hasInstallScript: fc.constantFrom(true, false, 'yes'),
    directories: member,
  },
  { requiredKeys: [] },
)

test('createRecordTexts() gives what normalising gives, and refuses what that refuses, whatever came before', () => {
  const fewMembers = fc.array(manifest, { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(name, fewMembers, (of, all) => {
      const records = createRecordTexts()
      for (const one of all) {
        const written: JsonObject = JSON.parse(JSON.stringify({ ...one, name: of, version }))
        assert.equal(outcome(records, written), outcome(createNormalizedRecords(), written))
      }
    }),
    { numRuns: roundsOf({ modest: 300, full: 5_000 }) },
  )
})

test('createRecordTexts() loses a command that npm loses', () => {
  const written: JsonObject = JSON.parse(
    '{"name":"a","version":"1.0.0","bin":{"__proto__":"x.js"}}',
  )
  assert.equal(outcome(createRecordTexts(), written), '{"name":"a","version":"1.0.0"}')
})

test('createRecordTexts() gives each version its own record', () => {
  const records = createRecordTexts()
  for (const one of ['1.0.0', '1.0.1'].map(parseVersion)) {
    const found = records({ name: 'a', version: one, dependencies: { b: '1' } }, one)
    assert.equal(found, `{"dependencies":{"b":"1"},"name":"a","version":"${one}"}`)
  }
})

/** The record, or what is said against it. */
function outcome(records: RecordTexts, written: JsonObject): string {
  try {
    return records(written, version)
  } catch (error) {
    return String(error)
  }
}
