// Pins as text: one is found without reading the others.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { findPin, formatPins, type Pin, parsePins } from '../src/pins.ts'

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
