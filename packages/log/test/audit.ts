// A full audit of what a store holds: every hash, every root, every signature, from the stored bytes alone.
import assert from 'node:assert/strict'
import { parseBody } from '@stele/entries/bodies'
import { hashBody, hashEffects, parseLeaf, Sequences } from '@stele/entries/leaf'
import { formatEffects, parseEffects, parseValues } from '@stele/entries/parts'
import { Trie, verifyHead } from '@stele/state'
import type { NoteVerifier } from '@stele/tlog/notes'
import { createHashReader, hashLeaf, isSameHash, treeRoot } from '@stele/tlog/tree'
import type { MemoryStore } from './memory-store.ts'

/** Throws where anything stored does not agree with anything else. Gives the number of entries. */
export function auditStore(
  { kept, hashes }: MemoryStore,
  origin: string,
  verifiers: readonly NoteVerifier[],
): number {
  const { head, entries } = kept
  assert.ok(head)
  assert.equal(entries.length, head.size)
  const trie = Trie.build([])
  const sequences = new Sequences(() => 0)
  let lastMs = 0
  entries.forEach((entry, index) => {
    const leaf = parseLeaf(entry.leaf)
    assert.ok(leaf.timeMs >= lastMs, `time of entry ${index}`)
    lastMs = leaf.timeMs
    assert.ok(entry.body && entry.effects && entry.values)
    const [salt, body] = [entry.body.subarray(0, 32), entry.body.subarray(32)]
    assert.ok(isSameHash(hashBody(salt, body), leaf.bodyHash), `body of entry ${index}`)
    const [effectsSalt, effectsBytes] = [entry.effects.subarray(0, 32), entry.effects.subarray(32)]
    assert.ok(
      isSameHash(hashEffects(effectsSalt, effectsBytes), leaf.effectsHash),
      `effects of entry ${index}`,
    )
    sequences.accept(parseBody(leaf.kind, Buffer.from(body).toString()))
    const effects = parseEffects(Buffer.from(effectsBytes).toString())
    assert.equal(formatEffects(effects), Buffer.from(effectsBytes).toString())
    assert.equal(
      parseValues(entry.values).length,
      effects.writes.filter(([, , hash]) => hash !== null).length,
    )
    trie.apply(
      effects.writes.map(([object, field, hash]) => ({
        object,
        field,
        valueHash: hash === null ? null : Buffer.from(hash, 'hex'),
      })),
    )
    assert.ok(isSameHash(trie.root(), leaf.stateRoot), `state of entry ${index}`)
    assert.ok(
      isSameHash(hashLeaf(entry.leaf), kept.leafHashes[index] ?? new Uint8Array()),
      `leaf hash ${index}`,
    )
  })
  assert.ok(isSameHash(treeRoot(head.size, createHashReader(hashes)), head.root), 'tree root')
  const verified = verifyHead(head.head, verifiers, origin)
  assert.equal(verified.checkpoint.size, head.size)
  assert.ok(isSameHash(verified.checkpoint.root, head.root))
  const rows = Trie.build(
    Array.from(kept.rows.values(), ({ object, field, hash }) => ({
      object,
      field,
      valueHash: hash,
    })),
  )
  assert.ok(isSameHash(rows.root(), trie.root()), 'state rows')
  return head.size
}
