// What must hold on a simulated disk, from its bytes alone: whatever happened before.
import assert from 'node:assert/strict'
import { entryKinds, hashBody, hashEffects, parseLeaf } from '@stele/entries/leaf'
import { parseEffects, readBodyPart, readPart, splitPart } from '@stele/entries/parts'
import { blobPath, bundleKinds, bundlePath, logFolder } from '@stele/entries/paths'
import { makeBundle, makeTile } from '@stele/log'
import type { ServiceStore } from '@stele/service'
import { Trie, verifyHead } from '@stele/state'
import { parseCheckpoint } from '@stele/tlog/keys'
import { type NoteVerifier, parseNote } from '@stele/tlog/notes'
import { bundlesOf, tilePath, tilesOf } from '@stele/tlog/tiles'
import { createHashReader, hashLeaf, isSameHash, treeRoot } from '@stele/tlog/tree'
import { type Disk, rowKey, type Tables } from './disk.ts'

/** What is checked: the disk, and what was promised about it. */
export type Checked = {
  readonly disk: Disk
  readonly store: ServiceStore
  readonly origin: string
  readonly verifiers: readonly NoteVerifier[]
  readonly acknowledged: readonly Acknowledged[]
}

/** A call that was answered, and how. */
export type Acknowledged = {
  readonly index: number
  readonly account: string | null
  readonly method: string
  readonly args: readonly string[]
  readonly ok: boolean
}

/** Throws where the log, its state, what was acknowledged or what was published do not fit together. */
export function checkDisk(checked: Checked): void {
  const { disk, acknowledged } = checked
  checkLog(checked)
  for (const call of acknowledged) checkAcknowledged(disk.tables, call)
  checkCounts(disk.tables)
  for (const note of disk.published) checkPrefix(checked, note)
  checkPublished(checked)
}

function checkLog({ disk, store, origin, verifiers }: Checked): void {
  const { head, entries, leafHashes } = disk.tables
  assert.ok(head, 'There is a log')
  assert.equal(entries.length, head.size, 'The head counts the entries')
  const trie = Trie.build([])
  let [lastMs, isFollowed] = [0, true]
  for (const [index, { leaf: bytes, body, effects }] of entries.entries()) {
    const leaf = parseLeaf(bytes)
    assert.ok(leaf.timeMs >= lastMs, `The time of entry ${index} goes on`)
    lastMs = leaf.timeMs
    assert.ok(isSameHash(hashLeaf(bytes), leafHashes[index] ?? Buffer.alloc(32)), `leaf ${index}`)
    if (body !== null) {
      const part = splitPart(body)
      assert.ok(isSameHash(hashBody(part.salt, part.bytes), leaf.bodyHash), `body ${index}`)
    }
    isFollowed &&= effects !== null
    if (effects === null) continue
    const part = splitPart(effects)
    assert.ok(isSameHash(hashEffects(part.salt, part.bytes), leaf.effectsHash), `effects ${index}`)
    const { writes } = parseEffects(readPart(effects))
    const toHash = (hash: string | null) => (hash === null ? null : Buffer.from(hash, 'hex'))
    trie.apply(writes.map(([object, field, hash]) => ({ object, field, valueHash: toHash(hash) })))
    // Once effects were taken down, nobody can follow the state from the entries alone.
    if (isFollowed) {
      assert.ok(isSameHash(trie.root(), leaf.stateRoot), `state after entry ${index}`)
    }
  }
  const root = treeRoot(head.size, createHashReader(store.hashes))
  assert.ok(isSameHash(root, head.root), 'The entries hash to the root of the head')
  assert.equal(verifyHead(head.head, verifiers, origin).checkpoint.size, head.size)
  const rows = Trie.build(
    [...store.stateHashes()].map(([object, field, valueHash]) => ({ object, field, valueHash })),
  )
  const newest = parseLeaf(entries.at(-1)?.leaf ?? new Uint8Array())
  assert.ok(isSameHash(rows.root(), newest.stateRoot), 'The rows are the state of the last leaf')
}

function checkAcknowledged({ entries }: Tables, call: Acknowledged): void {
  const entry = entries[call.index]
  assert.ok(entry, `The call that was acknowledged as entry ${call.index} is in the log`)
  const { kind } = parseLeaf(entry.leaf)
  assert.equal(kind, entryKinds.call)
  if (entry.body === null || entry.effects === null) return
  const { body } = readBodyPart(kind, entry.body)
  assert.ok('method' in body)
  const { account, method, args } = body
  const found = {
    index: call.index,
    account,
    method,
    args,
    ok: parseEffects(readPart(entry.effects)).ok,
  }
  assert.deepEqual(found, call, 'The log says what was acknowledged')
}

/** The projection is what its log makes of it; once effects were taken down nobody can say any more. */
function checkCounts({ entries, counts, mark }: Tables): void {
  assert.equal(mark?.size, entries.length, 'The projection is where its log is')
  const wanted = new Map<string, number>()
  for (const { effects } of entries) {
    if (effects === null) return
    for (const [object, field] of parseEffects(readPart(effects)).writes) {
      const key = rowKey(object, field)
      wanted.set(key, (wanted.get(key) ?? 0) + 1)
    }
  }
  assert.deepEqual(counts, wanted, 'The projection is what its log makes of it')
}

/** A checkpoint that anybody may have seen is one of this very log. */
function checkPrefix({ store, disk }: Checked, note: string): void {
  const { size, root } = parseCheckpoint(parseNote(note).text)
  assert.ok(size <= (disk.tables.head?.size ?? 0), `The log never shrinks below ${size} entries`)
  const found = treeRoot(size, createHashReader(store.hashes))
  assert.ok(isSameHash(found, root), `The log does not fork before entry ${size}`)
}

/** The checkpoint in the public folder finds every tile and every entry that it needs, whole. */
function checkPublished({ disk, store }: Checked): void {
  const note = disk.files.get(`${logFolder}checkpoint`)
  if (note === undefined) return
  const { size } = parseCheckpoint(parseNote(Buffer.from(note).toString()).text)
  for (const tile of tilesOf(0, size)) {
    checkFile(disk, tilePath(tile), makeTile(store, size, tile))
  }
  for (const bundle of bundlesOf(0, size)) {
    checkFile(
      disk,
      bundlePath('entries', bundle),
      makeBundle(store, size, { ...bundle, kind: 'entries' }),
    )
  }
}

/** After a clean stop the folder holds everything that the store does, as it is there. */
export function checkFolder({ disk, store }: Checked): void {
  const { head, blobs } = disk.tables
  assert.ok(head)
  checkFile(disk, 'checkpoint', Buffer.from(head.checkpoint))
  checkFile(disk, 'head', Buffer.from(head.head))
  for (const kind of bundleKinds) {
    for (const bundle of bundlesOf(0, head.size)) {
      checkFile(disk, bundlePath(kind, bundle), makeBundle(store, head.size, { ...bundle, kind }))
    }
  }
  for (const [name, bytes] of blobs) {
    const found = disk.files.get(`${logFolder}${blobPath(name)}`)
    if (bytes === null) assert.equal(found, undefined, `The blob ${name} is gone`)
    else
      assert.ok(
        found !== undefined && Buffer.compare(found, bytes) === 0,
        `The blob ${name} is in the public folder`,
      )
  }
}

function checkFile({ files }: Disk, path: string, wanted: Uint8Array | undefined): void {
  const found = files.get(logFolder + path)
  assert.ok(wanted, `The store can make ${path}`)
  assert.ok(found, `${path} is in the public folder`)
  assert.ok(Buffer.compare(found, wanted) === 0, `${path} in the public folder is the store's`)
}
