import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { verifyRootSignatures } from '@stele/entries/bodies'
import { isSteleError } from '@stele/errors'
import type { RulesInForce } from '@stele/service'
import { createEd25519Signer } from '@stele/tlog/keys'
import { differsFromRelease, planProposal, type RulesWish } from '../src/rules/changes.ts'
import { formatProposal, parseProposal, signProposal } from '../src/rules/proposal.ts'

const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const [first, second] = seeds.map((seed, index) => createEd25519Signer(`root/${index}`, seed))
const roots = { keys: [first?.vkey ?? '', second?.vkey ?? ''], threshold: 2 }
const inForce: RulesInForce = {
  origin: 'example.com/log',
  nextSeq: 4,
  settings: {
    script: 'a'.repeat(128),
    engine: 'b'.repeat(128),
    limits: { gas: 10, jobs: 5 },
    keys: ['log'],
    roots,
  },
  since: {},
  release: { script: 'c'.repeat(128), engine: 'b'.repeat(128) },
}

const wishes: readonly [title: string, wish: RulesWish, set: object][] = [
  ['the rules of this release', { ofRelease: ['script', 'engine'] }, { script: 'c'.repeat(128) }],
  ['one limit more', { limits: { gas: 20 } }, { limits: { gas: 20, jobs: 5 } }],
  ['another key', { keys: ['log', 'next'] }, { keys: ['log', 'next'] }],
  [
    'another threshold',
    { roots: { ...roots, threshold: 1 } },
    { roots: { ...roots, threshold: 1 } },
  ],
]
for (const [title, wish, set] of wishes) {
  test(`planProposal() sets only what is not so yet: ${title}`, () => {
    const { body, blobs } = planProposal(inForce, wish)
    assert.deepEqual(body.set, set)
    assert.deepEqual(
      [body.origin, body.account, body.seq, body.signatures],
      ['example.com/log', 'stele/roots', 4, []],
    )
    assert.deepEqual(blobs, {})
  })
}

test('planProposal() brings along a script that is given', () => {
  const { body, blobs } = planProposal(inForce, { script: 'exports.a = 1' })
  const name = hash('sha512', 'exports.a = 1')
  assert.equal(body.set['script'], name)
  assert.deepEqual(blobs, { [name]: Buffer.from('exports.a = 1').toString('base64') })
})

test('planProposal() throws proposal_refused when all of it is in force', () => {
  for (const wish of [{}, { limits: { gas: 10 } }, { keys: ['log'] }, { roots }]) {
    assert.throws(() => planProposal(inForce, wish), { code: 'proposal_refused' })
  }
})

test('differsFromRelease() names what the log runs otherwise', () => {
  assert.deepEqual(differsFromRelease(inForce), ['script'])
})

test('signProposal() gathers signatures, one for each key, that the roots accept', () => {
  let proposal = planProposal(inForce, { limits: { gas: 20 } })
  assert.throws(
    () => verifyRootSignatures(proposal.body, roots),
    /has 0 of the 2 root-key signatures/,
  )
  for (const seed of [seeds[0], seeds[0], seeds[1]]) {
    const text = formatProposal(signProposal(proposal, seed ?? new Uint8Array(32)))
    proposal = parseProposal(text, 'file')
  }
  assert.equal(proposal.body.signatures.length, 2)
  verifyRootSignatures(proposal.body, roots)
})

test('signProposal() throws proposal_refused when the key is no root key', () => {
  const proposal = planProposal(inForce, { limits: { gas: 20 } })
  assert.throws(
    () => signProposal(proposal, seeds[2] ?? new Uint8Array(32)),
    (error) =>
      isSteleError(error, 'proposal_refused') && /none of its root keys/.test(error.message),
  )
})

const good = formatProposal(planProposal(inForce, { limits: { gas: 20 } }))
const broken: readonly [title: string, text: string][] = [
  ['is no JSON', 'proposal'],
  ['is of another format', good.replace('stele/proposal/v1', 'stele/proposal/v9')],
  ['sets what nobody knows', good.replace('"set": {', '"set": {"speed": 1,')],
  ['is of another account', good.replace('"stele/roots"', '"alice"')],
  ['has no root keys', good.replace('"roots"', '"routes"')],
  ['has blobs that are no text', good.replace('"blobs": {', '"blobs": {"a": 1')],
]
for (const [title, text] of broken) {
  test(`parseProposal() throws proposal_invalid, naming the file, when it ${title}`, () => {
    assert.throws(
      () => parseProposal(text, 'some/file.json'),
      (error) => isSteleError(error, 'proposal_invalid') && /some\/file\.json/.test(error.message),
    )
  })
}
