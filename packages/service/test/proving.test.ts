import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryValue } from '@stele/entries/parts'
import type { StoredHead } from '@stele/log'
import { sha256 } from '@stele/tlog/tree'
import { maxProofValueBytes, type ProofPorts, proveValues } from '../src/proving.ts'

const hash = new Uint8Array(32)
const headAt = (size: number): StoredHead => ({
  size,
  root: hash,
  checkpoint: '',
  head: 'the head',
  leaf: hash,
  clockS: 0,
})

type World = ProofPorts & { breaths: number; reads: number; attempts: number }

/** A log of so many rows with this value; before each of the first `changes` proofs a commit changes what they prove. */
function worldOf(rows: number, value: EntryValue, changes = 0): World {
  let size = 1
  const valueHash = 'bytes' in value ? sha256(value.bytes) : hash
  const world: World = {
    breaths: 0,
    reads: 0,
    attempts: 0,
    prove: async () => {
      const head = headAt(size)
      if (world.attempts++ < changes) size++
      const asked = Array.from({ length: rows }, (_, i) => ['/', `f${i}`, valueHash] as const)
      return { head, proof: { root: hash, tree: new Uint8Array(), asked } }
    },
    head: () => headAt(size),
    row: () => {
      world.reads++
      const isChanged = world.attempts <= changes
      const found = isChanged ? { bytes: Buffer.from('changed') } : value
      return { hash: 'bytes' in found ? sha256(found.bytes) : hash, value: found }
    },
    breathe: async () => void world.breaths++,
  }
  return world
}

test('proveValues() lets waiting calls in after every 500 rows', async () => {
  const world = worldOf(1_700, { bytes: Buffer.from('v') })
  assert.ok((await proveValues(world, [])).length > 1_700)
  assert.equal(world.breaths, 3)
})

test('proveValues() throws request_invalid and reads no further when the values grow too large', async () => {
  const bytes = new Uint8Array(16_384)
  const fitting = maxProofValueBytes / bytes.length
  const world = worldOf(fitting * 2, { bytes })
  await assert.rejects(proveValues(world, []), { code: 'request_invalid' })
  assert.equal(world.reads, fitting + 1)
  await proveValues(worldOf(fitting, { bytes }), [])
})

test('proveValues() proves what holds now when a commit changed a row since', async () => {
  const world = worldOf(3, { bytes: Buffer.from('v') }, 2)
  await proveValues(world, [])
  assert.equal(world.attempts, 3)
})

test('proveValues() throws server_busy when every attempt finds changed rows', async () => {
  const world = worldOf(3, { bytes: Buffer.from('v') }, Number.POSITIVE_INFINITY)
  await assert.rejects(proveValues(world, []), { code: 'server_busy' })
})

test('proveValues() throws when rows differ from the trie though nothing was committed', async () => {
  const head = headAt(1)
  const world = { ...worldOf(1, { withheld: true }), head: () => head }
  world.prove = async () => ({
    head,
    proof: { root: hash, tree: new Uint8Array(), asked: [['/', 'a', hash]] },
  })
  world.row = () => undefined
  await assert.rejects(proveValues(world, []), /not those of its trie/)
})

test('proveValues() throws when a value is not the proven one though its row says so', async () => {
  const world = worldOf(1, { bytes: Buffer.from('v') })
  const { head, proof } = await world.prove([])
  const row: ProofPorts['row'] = (...key) => ({
    hash: world.row(...key)?.hash ?? hash,
    value: { bytes: Buffer.from('altered') },
  })
  const ports = { ...world, row, head: () => head, prove: async () => ({ head, proof }) }
  await assert.rejects(proveValues(ports, []), /not those of its trie/)
})
