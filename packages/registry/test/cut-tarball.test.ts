// A document's tarball, found in its bytes: with it cut out and put back, the document is what JSON.parse() says.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { cutTarball } from '../src/cut-tarball.ts'
import { minCutLength } from '../src/limits.ts'

const bytes = randomBytes(minCutLength)
const data = bytes.toString('base64')

/** A text, and whether its tarball is cut out. */
const texts: readonly (readonly [claim: string, text: string, isCut: boolean])[] = [
  ['a document as clients send it', JSON.stringify({ a: 'x', data, b: 'y' }), true],
  ['a document that is nothing else', JSON.stringify(data), true],
  ['spaces around it', `{ "data" :\n "${data}" }`, true],
  ['quotes and escapes before it', JSON.stringify({ 'a"b\\': '"\\"\\\\', data }), true],
  ['text of other alphabets', JSON.stringify({ é: '漢字😀', data, ü: 'ö' }), true],
  ['the mark itself', JSON.stringify({ a: 'tarball 0', data, b: 'tarball 1' }), true],
  [
    'slashes that are escaped',
    JSON.stringify({ data }).replaceAll('/', '\\/').replace('+', '\\/'),
    false,
  ],
  ['a long text that is no base64', JSON.stringify({ data: 'x y '.repeat(minCutLength) }), false],
  ['a short one', JSON.stringify({ data: data.slice(0, minCutLength - 4) }), false],
  ['no string', '[1,2]', false],
  ['a string without an end', `"${data}`, false],
  ['nothing', '', false],
]
for (const [claim, text, isCut] of texts) {
  test(`cutTarball() ${isCut ? 'cuts out' : 'leaves'} the tarball of ${claim}`, () => {
    const { parts, tarball } = cutTarball(Buffer.from(text))
    const rest = Buffer.concat(parts).toString()
    assert.equal(tarball !== undefined, isCut)
    if (tarball === undefined) assert.equal(rest, text)
    else {
      assert.equal(
        rest.replace(`"${tarball.mark}"`, () => `"${data}"`),
        text,
      )
      assert.ok(bytes.equals(tarball.decode('p@1.0.0')))
    }
  })
}

const bent: readonly (readonly [claim: string, text: string])[] = [
  ['ends with a bit that nobody reads', `${data.slice(0, -4)}AB==`],
  ['has padding in the middle', `${data.slice(0, -8)}AA==AAAA`],
  ['has a line break', `${data}\n`],
  ['has another alphabet at its end', `${data.slice(0, -4)}-_-_`],
  ['is too short for its last byte', `${data}A`],
]
for (const [claim, text] of bent) {
  test(`decode() throws upload_invalid when the base64 ${claim}`, () => {
    const { tarball } = cutTarball(Buffer.from(`"${text}"`))
    assert.ok(tarball !== undefined)
    assert.throws(
      () => tarball.decode('p@1.0.0'),
      (error) => isSteleError(error, 'upload_invalid'),
    )
  })
}
