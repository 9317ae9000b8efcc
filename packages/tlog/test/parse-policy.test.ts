import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { createCosigner, createEd25519Signer, createMlDsaCosigner } from '../src/public/keys.ts'
import { parsePolicy } from '../src/public/policy.ts'
import { seedOf } from './sample-tree.ts'
import { policyText, vkeys } from './tables/format-vectors.ts'
import { mlDsaName, mlDsaSeed } from './tables/log-vectors.ts'

const { log, w1, w2 } = vkeys
const mlDsa = createMlDsaCosigner(mlDsaName, seedOf(mlDsaSeed)).vkey

test('parsePolicy() reads every kind of line of the vector', () => {
  const { logs, witnesses, groups, quorum } = parsePolicy(policyText)
  assert.deepEqual(
    logs.map(({ key, url }) => [key.vkey, url]),
    [[log, 'https://example.com/stele/']],
  )
  assert.deepEqual(
    witnesses.map(({ name, key, url }) => [name, key.vkey, url]),
    [
      ['alpha', w1, 'https://witness.example/'],
      ['beta', w2, undefined],
      ['γ', vkeys.w3, undefined],
    ],
  )
  assert.deepEqual(groups, [
    { name: 'inner', threshold: 1, members: ['beta', 'γ'] },
    { name: 'outer', threshold: 2, members: ['alpha', 'inner'] },
  ])
  assert.equal(quorum, 'outer')
})

test('parsePolicy() reads a policy of one line, and an ML-DSA-44 key for a log and for a witness', () => {
  assert.deepEqual(parsePolicy('quorum none'), {
    logs: [],
    witnesses: [],
    groups: [],
    quorum: null,
  })
  const { logs, witnesses } = parsePolicy(`log ${mlDsa}\nwitness w ${mlDsa}\nquorum w\n`)
  assert.deepEqual([logs.length, witnesses.length], [1, 1])
})

test('parsePolicy() reads 32 logs, 32 witnesses and 32 groups', () => {
  const lines = ['quorum none']
  for (let i = 0; i < 32; i++) {
    lines.push(`log ${createEd25519Signer(`log${i}`, seedOf(i)).vkey}`)
    lines.push(`witness w${i} ${createCosigner(`w${i}`, seedOf(i + 100)).vkey}`)
    lines.push(`group g${i} any w${i}`)
  }
  const { logs, witnesses, groups } = parsePolicy(lines.join('\n'))
  assert.deepEqual([logs.length, witnesses.length, groups.length], [32, 32, 32])
})

const two = `witness a ${w1}\nwitness b ${w2}\n`
const sameKeyOtherName = createCosigner('other.example', seedOf(8)).vkey
const refused = [
  ['has no quorum', 0, '', /no line "quorum/],
  ['has two quorums', 2, 'quorum none\nquorum none', /second quorum/],
  ['names an unknown quorum', 1, 'quorum a', /"a" before/],
  ['names its quorum before the definition', 1, `quorum a\nwitness a ${w1}`, /"a" before/],
  ['has a quorum of two names', 3, `${two}quorum a b`, /is not "quorum/],
  ['has an unknown word', 1, 'witnes a b', /begins with "witnes"/],
  ['has words in upper case', 1, 'QUORUM none', /begins with/],
  ['has a comment after a line', 1, 'quorum none # none', /is not "quorum/],
  ['has a log without a key', 1, 'log', /is not "log/],
  ['has a log with too much', 1, `log ${log} url more`, /is not "log/],
  ['has a log with a broken key', 1, 'log example.com/stele+8f3a6f5e+AA==', /has the key/],
  ['has a log with the key of a cosigner', 1, `log ${w1}`, /key of a cosigner/],
  ['has a log twice', 2, `log ${log}\nlog ${log} url`, /second log/],
  ['has a witness without a key', 1, 'witness a', /is not "witness/],
  ['has a witness with the key of a log', 1, `witness a ${log}`, /cannot cosign/],
  ['has two witnesses of one key', 2, `witness a ${w1}\nwitness b ${w1}`, /second witness/],
  ['has one key under two names', 2, `witness a ${w1}\nwitness b ${sameKeyOtherName}`, /same key/],
  ['has two witnesses of one name', 2, `witness a ${w1}\nwitness a ${w2}`, /"a" a second time/],
  ['has a witness named none', 1, `witness none ${w1}`, /defines "none"/],
  ['has a group named none', 3, `${two}group none any a`, /defines "none"/],
  ['has a group named as a witness', 3, `${two}group a any b`, /defines "a" a second time/],
  ['has a group without members', 3, `${two}group g any`, /is not "group/],
  ['has a group of itself', 3, `${two}group g any g`, /member "g" before/],
  ['has a group of none', 3, `${two}group g any none`, /member "none" before/],
  ['has a member twice in a group', 3, `${two}group g any a a`, /"a" a second time/],
  ['has a member in two groups', 4, `${two}group g any a\ngroup h any a`, /"a" a second time/],
  ['asks for 0 members', 3, `${two}group g 0 a b`, /asks for "0"/],
  ['asks for more than there are', 3, `${two}group g 3 a b`, /asks for "3"/],
  ['asks with a leading zero', 3, `${two}group g 01 a b`, /asks for "01"/],
  ['asks for most', 3, `${two}group g most a b`, /asks for "most"/],
  ['has a carriage return', 1, 'quorum none\r\n', /control character/],
  ['has a DEL', 1, 'quorum none\u007f', /control character/],
  ['has a lone surrogate', 1, '# \ud800', /UTF-8/],
  ['splits at a Unicode space', 1, 'quorum\u00a0none', /begins with/],
  ['is too long', 0, `#${'x'.repeat(600_000)}`, /is over/],
] as const
for (const [why, line, text, reason] of refused) {
  test(`parsePolicy() names line ${line} when the policy ${why}`, () => {
    assert.throws(
      () => parsePolicy(text),
      (error) => {
        assert.ok(isSteleError(error, 'policy_invalid'))
        assert.equal(error.details.line, line)
        assert.match(error.message, reason)
        return true
      },
    )
  })
}

test('parsePolicy() refuses 65 logs', () => {
  const lines = Array.from(
    { length: 65 },
    (_, i) => `log ${createEd25519Signer(`log${i}`, seedOf(i)).vkey}`,
  )
  assert.throws(() => parsePolicy(`quorum none\n${lines.join('\n')}`), /over 64 logs/)
})
