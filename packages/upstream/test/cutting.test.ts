// A template without some of its versions: the same as if it had been read, changed and written again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { highestUpTo } from '@stele/formats/ranges'
import { baseMark } from '@stele/releases/observed'
import fc from 'fast-check'
import { codePoint, codePointCount } from '../../testkit/src/code-points.ts'
import { applyCuts, planCuts, timesOf, versionsOf } from '../src/cutting.ts'

const anyCharacter = fc.nat(codePointCount - 1).map(codePoint)

const all = ['1.0.0', '1.1.0', '2.0.0-rc.1', '2.0.0', '10.0.0']

/** As take-in writes them, with whatever may lie in strings. */
const packuments = fc.record({
  readme: fc.string({ unit: anyCharacter }),
  versions: fc.uniqueArray(fc.constantFrom(...all)),
  tagged: fc.constantFrom(...all),
  hasTimes: fc.boolean(),
  held: fc.uniqueArray(fc.constantFrom(...all)),
})

test('planCuts() and applyCuts() leave held versions out of every place that names them', () => {
  fc.assert(
    fc.property(packuments, ({ readme, versions, tagged, hasTimes, held }) => {
      const document = {
        name: 'a',
        versions: Object.fromEntries(
          versions.map((one) => [one, { readme, dist: { at: 'MARK/a' } }]),
        ),
        'dist-tags': { latest: tagged, other: tagged, '"}': '0.0.1' },
        readme,
        ...(hasTimes
          ? { time: { created: 'then', ...Object.fromEntries(versions.map((one) => [one, one])) } }
          : {}),
      }
      const template = Buffer.from(JSON.stringify(document).replaceAll('MARK', baseMark))
      assert.deepEqual(versionsOf(template), Object.keys(document.versions))
      const cut = applyCuts(template, planCuts(template, new Map(held.map((one) => [one, 'why']))))
      const found: unknown = JSON.parse(cut.toString().replaceAll(baseMark, 'MARK'))
      assert.deepEqual(found, without(document, held))
    }),
  )
})

for (const time of [null, 12345, true, 'then', ['then']]) {
  test(`planCuts() leaves times alone that are ${JSON.stringify(time)}`, () => {
    const template = Buffer.from(JSON.stringify({ versions: { '1.0.0': {}, '2.0.0': {} }, time }))
    const cut = applyCuts(template, planCuts(template, new Map([['2.0.0', 'why']])))
    const { policyRestrictions: _told, ...rest } = JSON.parse(cut.toString())
    assert.deepEqual(rest, { versions: { '1.0.0': {} }, time })
  })
}

// what the packument says of its own, the versions that are held, the last line that npm prints
const told: readonly (readonly [unknown, readonly string[], string])[] = [
  [undefined, ['2.0.0'], '2.0.0: why'],
  [{ versions: { '1.0.0': {} }, message: 'theirs' }, ['1.0.0', '2.0.0'], '2.0.0: why'],
  [null, Array.from({ length: 7 }, (_, at) => `1.0.${at}`), 'and 2 other versions'],
]
for (const [own, held, last] of told) {
  test(`planCuts() tells npm "${last}" where the packument says ${JSON.stringify(own)} of its own`, () => {
    const versions = Object.fromEntries(['0.1.0', ...held].map((one) => [one, {}]))
    const document = { versions, ...(own === undefined ? {} : { policyRestrictions: own }) }
    const template = Buffer.from(JSON.stringify({ ...document, 'dist-tags': {} }))
    const cut = applyCuts(template, planCuts(template, new Map(held.map((one) => [one, 'why']))))
    assert.equal(cut.toString().match(/"policyRestrictions"/g)?.length, 1)
    const { versions: listed, policyRestrictions: found } = JSON.parse(cut.toString())
    assert.deepEqual(Object.keys(listed), ['0.1.0'])
    assert.deepEqual(Object.keys(found.versions), held)
    assert.equal(found.versions[held[0] ?? ''].version, held[0])
    assert.equal(found.message.split('\n').at(-1), last)
  })
}

type Document = {
  readonly versions: { readonly [version: string]: unknown }
  readonly 'dist-tags': { readonly latest: string; readonly other: string }
  readonly time?: { readonly [version: string]: string }
}

function without(document: Document, held: readonly string[]): unknown {
  const left = <T>(members: { readonly [key: string]: T }) =>
    Object.fromEntries(Object.entries(members).filter(([key]) => !held.includes(key)))
  const { latest, other, ...rest } = document['dist-tags']
  const versions = left(document.versions)
  const next = held.includes(latest) ? highestUpTo(Object.keys(versions), latest) : latest
  const gone = Object.keys(document.versions).filter((one) => held.includes(one))
  const policyRestrictions = {
    versions: Object.fromEntries(gone.map((version) => [version, { version }])),
    message: gone.map((version) => `${version}: why`).join('\n'),
  }
  return {
    ...document,
    ...(gone.length === 0 ? {} : { policyRestrictions }),
    versions,
    'dist-tags': {
      ...(next === undefined ? {} : { latest: next }),
      ...(held.includes(other) ? {} : { other }),
      ...rest,
    },
    ...(document.time === undefined ? {} : { time: left(document.time) }),
  }
}

test('timesOf() and versionsOf() find nothing in a template that has none', () => {
  const template = Buffer.from('{"name":"a"}')
  assert.deepEqual([timesOf(template), versionsOf(template)], [{}, []])
  assert.equal(
    applyCuts(template, planCuts(template, new Map([['1.0.0', 'why']]))).compare(template),
    0,
  )
})
