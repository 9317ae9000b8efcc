// Pins as text: one is found without reading the others.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { parsePackageName } from '@stele/formats/names'
import fc from 'fast-check'
import { unpack, unpackBytes } from '../src/pack.ts'
import { findPin, formatPins, type Pin, parsePins, pinsInTemplate } from '../src/pins.ts'
import { type Taking, takeIn } from '../src/take-in.ts'

const word = fc.stringMatching(/^[!-~]{1,20}$/)
const pins = fc.uniqueArray(
  fc.record(
    {
      version: fc.stringMatching(/^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]$/),
      integrity: word,
      tarball: word,
      record: fc.constantFrom('{"name":"a"}', '{"name":"1.0.0\\t"}', '{"bin":{"x":"\\n1.0.0\\t"}}'),
    },
    { noNullPrototype: true },
  ),
  { selector: ({ version }) => version },
)

test('parsePins() gives back what formatPins() wrote, and findPin() the same one by one', () => {
  fc.assert(
    fc.property(pins, (all) => {
      const text = formatPins(all)
      assert.deepEqual([...parsePins(text).values()], all)
      for (const pin of all) assert.deepEqual(findPin(text, pin.version), pin)
      assert.equal(findPin(text, '100.0.0'), undefined)
    }),
  )
})

test('findPin() takes no version for another that begins or ends alike', () => {
  const pin = (version: string): Pin => ({ version, integrity: 'i', tarball: 't', record: '{}' })
  const text = formatPins([pin('11.0.0'), pin('1.0.0-1')])
  assert.equal(findPin(text, '1.0.0'), undefined)
  assert.equal(findPin('', '1.0.0'), undefined)
})

test('formatPins() leaves out a release whose address would break its line', () => {
  const odd = {
    version: '1.0.0',
    integrity: 'i',
    tarball: 'http://x/\n2.0.0\ti\tt\t{}',
    record: '{}',
  }
  assert.equal(formatPins([odd]), '')
})

const url = 'https://up.example/base'
const name = parsePackageName('@s/a')
const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`

function taking(releases: Readonly<Record<string, object>>, more: Partial<Taking> = {}): Taking {
  const versions = Object.entries(releases).map(([version, manifest]) => {
    const dist = { integrity, tarball: `${url}/${name}/-/a-${version}.tgz` }
    return [version, { name, version, dist, ...manifest }]
  })
  const body = Buffer.from(JSON.stringify({ name, versions: Object.fromEntries(versions) }))
  const form = 'abbreviated'
  const sent = { upstream: 'up', body, coding: 'identity', maxBytes: body.length }
  const nothing = { chunks: [], pins: undefined, templates: [], chosen: [], amended: new Map() }
  return {
    name,
    form,
    ...sent,
    isAbbreviated: true,
    url,
    mark: 'f'.repeat(32),
    ...nothing,
    ...more,
  }
}

const inTemplate = (template: Uint8Array): readonly Pin[] => [
  ...pinsInTemplate(unpackBytes(template), { name, url, isWanted: () => true }),
]

test('pinsInTemplate() tells the releases that were pinned, and takeIn() keeps nothing of them beside it', () => {
  const releases = {
    '1.0.0': { dependencies: { b: '1' }, deprecated: 'as "b"' },
    '2.0.0': { bin: './x.js', engines: ['node >= 1'], libc: ['\u00e9'], scripts: { install: 'x' } },
  }
  for (const form of ['abbreviated', 'full'] as const) {
    const { template, pins, chunk } = takeIn(taking(releases, { form }))
    const told = inTemplate(template)
    const lines = told.map((pin) => [pin.version, pin.integrity, hash('sha256', pin.record)])
    assert.equal(chunk?.text, lines.map((line) => `${line.join(' ')}\n`).join(''))
    assert.equal(told[1]?.tarball, `${url}/@s/a/-/a-2.0.0.tgz`)
    assert.equal(pins, undefined)
  }
})

test('takeIn() keeps beside the template what that does not tell', () => {
  const elsewhere = { dist: { integrity, tarball: 'https://cdn.example/a-1.0.0.tgz' } }
  const { pins } = takeIn(taking({ '1.0.0': elsewhere, '2.0.0': {} }))
  assert.deepEqual([...parsePins(unpack(pins ?? Buffer.of())).keys()], ['1.0.0'])

  const first = takeIn(taking({ '1.0.0': { os: ['linux'] }, '2.0.0': {} }))
  const known = { chunks: [first.chunk?.text], templates: [first.template] }
  for (const [shown, what] of [
    [{ '2.0.0': {} }, 'it is not shown any more'],
    [{ '1.0.0': { os: ['darwin'] }, '2.0.0': {} }, 'it is shown with another record'],
  ] as const) {
    const next = takeIn(taking(shown, known))
    const kept = [...parsePins(unpack(next.pins ?? Buffer.of())).values()]
    assert.deepEqual(kept, inTemplate(first.template).slice(0, 1), what)
  }
})

test('takeIn() keeps all beside a template that it shortened: what is left out may be of the record', () => {
  const own = { isAbbreviated: false }
  const { pins } = takeIn(taking({ '1.0.0': { bundledDependencies: ['b'] }, '2.0.0': {} }, own))
  assert.deepEqual([...parsePins(unpack(pins ?? Buffer.of())).keys()], ['1.0.0', '2.0.0'])
})
