import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { verifyCheckpoint } from '../src/public/keys.ts'
import { parseVkey } from '../src/public/notes.ts'
import { formatProofFile, parseProofFile, verifyInclusion } from '../src/public/proofs.ts'
import { flipBit, leafOf } from './sample-tree.ts'
import { checkpoint, proofFile, vkeys } from './tables/format-vectors.ts'
import { origin } from './tables/log-vectors.ts'

const keys = [parseVkey(vkeys.log), parseVkey(vkeys.w1)]

function verifyFile(text: string): void {
  const { index, path, checkpoint: note } = parseProofFile(text)
  const { size, root } = verifyCheckpoint(note, keys, origin).checkpoint
  verifyInclusion({ index, size, leafHash: leafOf(2), root, proof: path })
}

test('parseProofFile() reads the vector, which formatProofFile() writes back', () => {
  const parsed = parseProofFile(proofFile)
  assert.equal(parsed.index, 2)
  assert.equal(parsed.path.length, 3)
  assert.equal(Buffer.from(parsed.extra ?? []).toString(), 'extra')
  assert.equal(parsed.checkpoint, checkpoint.cosigned)
  assert.equal(formatProofFile(parsed), proofFile)
  verifyFile(proofFile)
})

test('parseProofFile() reads a file without extra data and without a path', () => {
  const text = `c2sp.org/tlog-proof@v1\nindex 0\n\n${checkpoint.signed}`
  const parsed = parseProofFile(text)
  assert.deepEqual(parsed, { index: 0, path: [], checkpoint: checkpoint.signed })
  assert.equal(formatProofFile(parsed), text)
  assert.equal(formatProofFile({ ...parsed, extra: new Uint8Array(0) }), text)
})

test('parseProofFile() and the checks after it refuse when any bit but of the extra data is turned', () => {
  // Without the witness: a line that another name makes unknown is ignored, and that is right.
  const bytes = Buffer.from(proofFile.replace(checkpoint.cosigned, checkpoint.signed))
  const extra = [bytes.indexOf('ZXh0'), bytes.indexOf('ZXh0') + 8] as const
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if (bit >= extra[0] * 8 && bit < extra[1] * 8) continue
    const broken = Buffer.from(flipBit(bytes, bit)).toString()
    assert.throws(() => verifyFile(broken), isSteleError, `bit ${bit}`)
  }
})

const hash = 'YcoROfaBWEHVuvLQ0tm9nf7pfImN1ve6DAqpQe5sAes='
const head = 'c2sp.org/tlog-proof@v1'
const refused = [
  ['it is empty', ''],
  ['its version is another', 'c2sp.org/tlog-proof@v2\nindex 0\n\nx'],
  ['it has no empty line', `${head}\nindex 0\n`],
  ['it has no index', `${head}\n\nx`],
  ['its index has a leading zero', `${head}\nindex 01\n\nx`],
  ['its index is negative', `${head}\nindex -1\n\nx`],
  ['its index is over 2^53 - 1', `${head}\nindex 9007199254740992\n\nx`],
  ['its extra data is empty', `${head}\nextra \nindex 0\n\nx`],
  ['its extra data has no padding', `${head}\nextra QQ\nindex 0\n\nx`],
  ['its extra data comes after the index', `${head}\nindex 0\nextra QQ==\n\nx`],
  ['it has extra data twice', `${head}\nextra QQ==\nextra QQ==\nindex 0\n\nx`],
  ['its extra data is over 64 KiB', `${head}\nextra ${'QUFB'.repeat(22000)}\nindex 0\n\nx`],
  ['a hash is short', `${head}\nindex 0\nQQ==\n\nx`],
  ['a hash is not canonical', `${head}\nindex 0\n${hash.replace('s=', 't=')}\n\nx`],
  ['it has 64 hashes', `${head}\nindex 0\n${`${hash}\n`.repeat(64)}\nx`],
  ['it is too long', `${head}\nindex 0\n\n${'x'.repeat(300_000)}`],
] as const
for (const [why, text] of refused) {
  test(`parseProofFile() refuses when ${why}`, () => {
    assert.throws(
      () => parseProofFile(text),
      (error) => isSteleError(error, 'proof_invalid'),
    )
  })
}

test('formatProofFile() throws when it is over its limits', () => {
  const parsed = parseProofFile(proofFile)
  const path = Array.from({ length: 64 }, () => leafOf(0))
  for (const part of [{ path }, { index: -1 }, { extra: new Uint8Array(65537) }]) {
    assert.throws(() => formatProofFile({ ...parsed, ...part }), /^Error: Cannot/)
  }
})
