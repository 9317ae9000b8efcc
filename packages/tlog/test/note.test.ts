import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { createCosigner, createEd25519Signer } from '../src/public/keys.ts'
import {
  cosignNote,
  formatNote,
  formatSignatureLines,
  type NoteSignature,
  type NoteVerifier,
  parseNote,
  parseSignatureLines,
  parseVkey,
  signNote,
  verifyNote,
} from '../src/public/notes.ts'
import { flipBit, seedOf } from './sample-tree.ts'
import { exampleNote } from './tables/log-vectors.ts'

const noteText = `${exampleNote.text}\n${exampleNote.line}`
const verifier = parseVkey(exampleNote.vkey)
const other = createEd25519Signer('example.com/foo', seedOf(1))

function refuses(code: ErrorCode, work: () => unknown): void {
  assert.throws(work, (error) => isSteleError(error, code))
}

test('verifyNote() accepts the example of the specification', () => {
  const { note, verified } = verifyNote(noteText, [verifier])
  assert.equal(note.text, exampleNote.text)
  assert.equal(verified.length, 1)
  assert.equal(verified[0]?.verifier, verifier)
  assert.equal(verified[0]?.timeS, null)
})

test('formatNote() gives back what parseNote() took apart', () => {
  const { text, signatures } = parseNote(noteText)
  assert.equal(formatNote(text, signatures), noteText)
})

test('verifyNote() refuses when any bit of the note is turned', () => {
  const bytes = Buffer.from(noteText)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const broken = Buffer.from(flipBit(bytes, bit)).toString()
    assert.throws(() => verifyNote(broken, [verifier]), isSteleError, `bit ${bit}`)
  }
})

test('parseNote() splits at the last empty line when the text has empty lines', () => {
  const text = 'one\n\ntwo\n\n\n'
  const noteOfIt = formatNote(text, [signNote(text, other)])
  assert.equal(parseNote(noteOfIt).text, text)
  assert.equal(verifyNote(noteOfIt, [other.verifier]).note.text, text)
})

const line = exampleNote.line
const [, , encoded = ''] = line.trim().split(' ')
const refused = [
  ['it is empty', ''],
  ['it has no empty line', `text\n${line}`],
  ['it has no signature', 'text\n\n'],
  ['its last line has no newline', `text\n\n${line.trimEnd()}`],
  ['a line begins with a hyphen', `text\n\n${line.replace('\u2014', '-')}`],
  ['a line has two spaces', `text\n\n${line.replace(' ', '  ')}`],
  ['a line has a fourth part', `text\n\n${line.trimEnd()} more\n`],
  ['a line has no name', `text\n\n\u2014  ${encoded}\n`],
  ['a name has a plus', `text\n\n\u2014 a+b ${encoded}\n`],
  ['a name has a Unicode space', `text\n\n\u2014 a\u2003b ${encoded}\n`],
  ['a name has 256 bytes', `text\n\n\u2014 ${'n'.repeat(256)} ${encoded}\n`],
  ['a signature has no padding', `text\n\n\u2014 a ${encoded.replace(/=+$/, '')}\n`],
  ['a signature is not canonical', `text\n\n\u2014 a ${encoded.slice(0, -2)}N=\n`],
  ['a signature is a key id alone', `text\n\n\u2014 a AAAAAA==\n`],
  ['it has a tab', `te\txt\n\n${line}`],
  ['it has a carriage return', `text\r\n\n${line}`],
  ['it has a NUL', `te\u0000xt\n\n${line}`],
  ['it has a lone surrogate', `te\ud800xt\n\n${line}`],
  ['it is over 128 KiB', `${'t'.repeat(128 * 1024)}\n\n${line}`],
  ['it is over 128 KiB as UTF-8 only', `${'\u20ac'.repeat(44 * 1024)}\n\n${line}`],
  ['it has 129 signatures', `text\n\n${line.repeat(129)}`],
] as const
for (const [why, text] of refused) {
  test(`parseNote() refuses when ${why}`, () => {
    refuses('note_invalid', () => parseNote(text))
  })
}

test('formatNote() refuses a text without its last newline', () => {
  refuses('note_invalid', () => formatNote('text', []))
})

test('verifyNote() ignores lines when their key is unknown, of whatever type', () => {
  const unknown: NoteSignature[] = [
    { name: 'other.example', keyId: verifier.keyId, signature: new Uint8Array(64) },
    { name: verifier.name, keyId: verifier.keyId + 1, signature: Uint8Array.of(0xff) },
    signNote(exampleNote.text, other),
  ]
  const [known] = parseSignatureLines(line)
  assert.ok(known !== undefined)
  const { verified } = verifyNote(formatNote(exampleNote.text, [...unknown, known]), [verifier])
  assert.deepEqual(
    verified.map(({ keyId }) => keyId),
    [verifier.keyId],
  )
})

test('verifyNote() refuses the whole note when one line of a known key fails', () => {
  const good = signNote(exampleNote.text, other)
  const bad = { ...good, signature: flipBit(good.signature, 9) }
  for (const lines of [
    [good, bad],
    [bad, good],
  ]) {
    const text = formatNote(exampleNote.text, lines)
    refuses('note_unverified', () => verifyNote(text, [other.verifier]))
  }
})

test('verifyNote() refuses when no key is known', () => {
  refuses('note_unverified', () => verifyNote(noteText, []))
  refuses('note_unverified', () => verifyNote(noteText, [other.verifier]))
})

test('verifyNote() tries both keys when two share name and id', () => {
  const impostor: NoteVerifier = { ...verifier, verify: () => false }
  for (const keys of [
    [impostor, verifier],
    [verifier, impostor],
  ]) {
    assert.equal(verifyNote(noteText, keys).verified[0]?.verifier, verifier)
  }
})

test('verifyNote() accepts 128 signatures', () => {
  const { verified } = verifyNote(`${exampleNote.text}\n${line.repeat(128)}`, [verifier])
  assert.equal(verified.length, 128)
})

test('signNote(), cosignNote() make lines that verifyNote() accepts', () => {
  const text = 'example.com/foo\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
  const witness = createCosigner('witness.example/w', seedOf(2))
  const signed = formatNote(text, [signNote(text, other), cosignNote(text, witness, 1795000000)])
  const { verified } = verifyNote(signed, [other.verifier, witness.verifier])
  assert.deepEqual(
    verified.map(({ timeS }) => timeS),
    [null, 1795000000],
  )
})

test('parseSignatureLines() gives back what formatSignatureLines() wrote', () => {
  const signature = fc.record(
    {
      name: fc.stringMatching(/^[a-z./0-9é–]{1,40}$/),
      keyId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(signature, { minLength: 1, maxLength: 5 }), (list) => {
      const found = parseSignatureLines(formatSignatureLines(list))
      const plain = found.map((one) => ({ ...one, signature: Uint8Array.from(one.signature) }))
      assert.deepEqual(plain, list)
    }),
  )
})
