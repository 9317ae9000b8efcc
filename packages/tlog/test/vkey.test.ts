import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createMlDsaCosigner } from '../src/public/keys.ts'
import { parseVkey } from '../src/public/notes.ts'
import { seedOf } from './sample-tree.ts'
import { vkeys } from './tables/format-vectors.ts'
import { exampleNote, mlDsaKeyId, mlDsaName, mlDsaSeed } from './tables/log-vectors.ts'

const mlDsa = createMlDsaCosigner(mlDsaName, seedOf(mlDsaSeed))

const good = [
  [exampleNote.vkey, 'example.com/foo', 0x530d903a, 0x01],
  [vkeys.log, 'example.com/stele', 0x8f3a6f5e, 0x01],
  [vkeys.w1, 'witness.example/w1', 0xfea3b187, 0x04],
  [mlDsa.vkey, mlDsaName, mlDsaKeyId, 0x06],
] as const
for (const [vkey, name, keyId, type] of good) {
  test(`parseVkey() reads the key of "${name}", type ${type}`, () => {
    const verifier = parseVkey(vkey)
    assert.deepEqual(
      [verifier.name, verifier.keyId, verifier.type, verifier.vkey],
      [name, keyId, type, vkey],
    )
  })
}

const key = 'AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const refused = [
  ['it is empty', ''],
  ['it has no id', 'example.com/foo'],
  ['it has no name', `+530d903a+${key}`],
  ['its name has a space', `example.com foo+530d903a+${key}`],
  ['its id is upper case', `example.com/foo+530D903A+${key}`],
  ['its id is short', `example.com/foo+530d903+${key}`],
  ['its id is of another name', `example.com/bar+530d903a+${key}`],
  ['its id is wrong', `example.com/foo+530d903b+${key}`],
  ['its key has no padding where it needs it', `example.com/foo+530d903a+${key.slice(0, -1)}`],
  ['its key is short', 'example.com/foo+530d903a+AekyeQ=='],
  ['its type is ECDSA', `example.com/foo+530d903a+Auky${key.slice(4)}`],
  ['its type is that of RFC 6962 tree heads', `example.com/foo+530d903a+Beky${key.slice(4)}`],
  ['its type is private', `example.com/foo+530d903a+/+ky${key.slice(4)}`],
  ['its key is another for the id', `example.com/foo+530d903a+AAky${key.slice(4)}`],
  ['a newline follows', `${exampleNote.vkey}\n`],
  ['it is very long', `${'n'.repeat(3000)}+530d903a+${key}`],
] as const
for (const [why, vkey] of refused) {
  test(`parseVkey() refuses when ${why}`, () => {
    assert.throws(
      () => parseVkey(vkey),
      (error) => isSteleError(error, 'vkey_invalid'),
    )
  })
}
