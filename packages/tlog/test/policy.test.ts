import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createCosigner, createEd25519Signer, createMlDsaCosigner } from '../src/public/keys.ts'
import { cosignNote, formatNote, signNote, verifyNote } from '../src/public/notes.ts'
import {
  isQuorumMet,
  parsePolicy,
  policyVerifiers,
  verifyUnderPolicy,
} from '../src/public/policy.ts'
import { seedOf } from './sample-tree.ts'
import { checkpoint, policyText, vkeys } from './tables/format-vectors.ts'
import { origin } from './tables/log-vectors.ts'

const { text } = checkpoint
const log = createEd25519Signer(origin, seedOf(0x07))
const witnesses = {
  alpha: createCosigner('witness.example/w1', seedOf(0x08)),
  beta: createCosigner('witness.example/w2', seedOf(0x18)),
  gamma: createCosigner('witness.example/w3', seedOf(0x28)),
} as const
type Witness = keyof typeof witnesses
const policy = parsePolicy(policyText)
const definitions = `log ${vkeys.log}\nwitness alpha ${vkeys.w1}\nwitness beta ${vkeys.w2}\nwitness gamma ${vkeys.w3}\n`

function noteBy(...names: readonly Witness[]): string {
  const lines = names.map((name) => cosignNote(text, witnesses[name], 1795000000))
  return formatNote(text, [signNote(text, log), ...lines])
}

const quorums: readonly (readonly [string, readonly Witness[], boolean])[] = [
  ['quorum none', [], true],
  ['quorum none', ['alpha'], true],
  ['quorum alpha', ['alpha'], true],
  ['quorum alpha', ['beta', 'gamma'], false],
  ['group g any alpha beta gamma\nquorum g', [], false],
  ['group g any alpha beta gamma\nquorum g', ['gamma'], true],
  ['group g all alpha beta gamma\nquorum g', ['alpha', 'gamma'], false],
  ['group g all alpha beta gamma\nquorum g', ['alpha', 'beta', 'gamma'], true],
  ['group g 2 alpha beta gamma\nquorum g', ['beta'], false],
  ['group g 2 alpha beta gamma\nquorum g', ['beta', 'beta'], false],
  ['group g 2 alpha beta gamma\nquorum g', ['beta', 'alpha'], true],
  ['group i any beta gamma\ngroup o all alpha i\nquorum o', ['beta', 'gamma'], false],
  ['group i any beta gamma\ngroup o all alpha i\nquorum o', ['alpha'], false],
  ['group i any beta gamma\ngroup o all alpha i\nquorum o', ['alpha', 'gamma'], true],
  ['group i all beta gamma\ngroup o any alpha i\nquorum o', ['beta'], false],
  ['group i all beta gamma\ngroup o any alpha i\nquorum o', ['beta', 'gamma'], true],
  ['group unused all alpha beta\nquorum gamma', ['gamma'], true],
]
for (const [rule, names, met] of quorums) {
  const title = `${rule.replaceAll('\n', ', ')} and ${names.join(', ') || 'nobody'} cosigned`
  test(`isQuorumMet() is ${met} when the policy says ${title}`, () => {
    const found = parsePolicy(definitions + rule)
    const { verified } = verifyNote(noteBy(...names), policyVerifiers(found))
    assert.equal(isQuorumMet(found, verified), met)
  })
}

test('isQuorumMet() counts keys, not names, when another cosigner bears the name of a witness', () => {
  const impostor = createCosigner('witness.example/w1', seedOf(0x55))
  const note = formatNote(text, [cosignNote(text, impostor, 1)])
  const { verified } = verifyNote(note, [impostor.verifier])
  assert.ok(!isQuorumMet(parsePolicy(`${definitions}quorum alpha`), verified))
})

test('verifyUnderPolicy() accepts the checkpoint when its quorum cosigned', () => {
  const note = noteBy('alpha', 'gamma')
  assert.equal(verifyUnderPolicy(note, policy, { origin }).checkpoint.size, 5)
})

test('verifyUnderPolicy() takes keys from elsewhere when the policy names no log', () => {
  const none = parsePolicy('quorum none')
  const logKeys = [log.verifier]
  assert.equal(verifyUnderPolicy(noteBy(), none, { origin, logKeys }).checkpoint.size, 5)
  refuses(() => verifyUnderPolicy(noteBy(), none, { origin }))
})

function refuses(work: () => unknown): void {
  assert.throws(work, (error) => isSteleError(error, 'note_unverified'))
}

test('verifyUnderPolicy() refuses when the quorum, the log or the origin is missing', () => {
  refuses(() => verifyUnderPolicy(noteBy('alpha'), policy, { origin }))
  const unsigned = formatNote(text, [
    cosignNote(text, witnesses.alpha, 1),
    cosignNote(text, witnesses.beta, 1),
  ])
  refuses(() => verifyUnderPolicy(unsigned, policy, { origin }))
  const note = noteBy('alpha', 'beta')
  refuses(() => verifyUnderPolicy(note, policy, { origin: 'example.com/other' }))
})

test('verifyUnderPolicy() refuses when a witness named as the log signs in its place', () => {
  const witness = createMlDsaCosigner(origin, seedOf(9))
  const found = parsePolicy(`log ${vkeys.log}\nwitness w ${witness.vkey}\nquorum w`)
  const line = cosignNote(text, witness, 1)
  refuses(() => verifyUnderPolicy(formatNote(text, [line]), found, { origin }))
  const both = formatNote(text, [signNote(text, log), line])
  assert.equal(verifyUnderPolicy(both, found, { origin }).verified.length, 2)
})
