// What must hold on a simulated disk, from its bytes alone: whatever happened before.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import type { ConfigBody } from '@stele/entries/bodies'
import { settingsInForce } from '@stele/entries/calls'
import { entryKinds, hashBody, hashEffects, type Leaf, parseLeaf } from '@stele/entries/leaf'
import {
  type Effects,
  type EntryValue,
  type KeptEntry,
  parseEffects,
  parseValues,
  readBodyPart,
  readPart,
  splitPart,
} from '@stele/entries/parts'
import { blobPath, bundleKinds, bundlePath, logFolder } from '@stele/entries/paths'
import type { JsonValue } from '@stele/formats/json'
import { makeBundle, makeTile } from '@stele/log'
import type { ServiceStore } from '@stele/service'
import { Trie, verifyHead } from '@stele/state'
import { parseCheckpoint } from '@stele/tlog/keys'
import { type NoteVerifier, parseNote } from '@stele/tlog/notes'
import { bundlesOf, tilePath, tilesOf } from '@stele/tlog/tiles'
import { createHashReader, type Hash, hashLeaf, isSameHash, treeRoot } from '@stele/tlog/tree'
import { type Disk, rowKey, type Tables } from './disk.ts'

/** What is checked: the disk, and what was promised about it. */
export type Checked = {
  readonly disk: Disk
  readonly store: ServiceStore
  readonly origin: string
  readonly verifiers: readonly NoteVerifier[]
  readonly acknowledged: readonly Acknowledged[]
  readonly changes: readonly Change[]
  /** Blobs that came with calls of which the log heard nothing. */
  readonly refusedBlobs: readonly string[]
  /** True where a rebuild was cut short: the projection may be behind. */
  readonly isRebuilding: boolean
}

/** A change of the rules that was answered. */
export type Change = { readonly index: number; readonly set: ConfigBody['set'] }

/** A call that was answered, and how. */
export type Acknowledged = {
  readonly index: number
  readonly account: string | null
  readonly method: string
  readonly args: readonly string[]
  readonly ok: boolean
  readonly result: JsonValue | undefined
  /** The blobs that it brought, and that the log has to keep. */
  readonly kept: readonly string[]
  /** Those that nobody read. */
  readonly notKept: readonly string[]
}

/** Throws where the log, its state, what was acknowledged or what was published do not fit together. */
export function checkDisk(checked: Checked): void {
  const { disk, acknowledged, changes } = checked
  checkLog(checked)
  for (const call of acknowledged) checkAcknowledged(disk.tables, call)
  for (const change of changes) checkChange(disk.tables, change)
  checkScripts(checked)
  checkBlobs(checked)
  checkCounts(checked)
  for (const note of disk.published) checkPrefix(checked, note)
  checkPublished(checked)
}

function checkLog({ disk, store, origin, verifiers }: Checked): void {
  const { head, entries, leafHashes } = disk.tables
  assert.ok(head, 'There is a log')
  assert.equal(entries.length, head.size, 'The head counts the entries')
  const trie = Trie.build([])
  let [lastMs, isFollowed] = [0, true]
  for (const [index, entry] of entries.entries()) {
    const { leaf, leafHash, writes } = readEntry(entry)
    assert.ok(leaf.timeMs >= lastMs, `The time of entry ${index} goes on`)
    lastMs = leaf.timeMs
    assert.ok(isSameHash(leafHash, leafHashes[index] ?? Buffer.alloc(32)), `leaf ${index}`)
    isFollowed &&= writes !== null
    if (writes === null) continue
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

type ReadEntry = {
  readonly leaf: Leaf
  readonly leafHash: Hash
  /** Null where the effects were taken down. */
  readonly writes: Effects['writes'] | null
}

/** What was read before: an entry is checked once, however often the disk is. */
const readEntries = new WeakMap<KeptEntry, ReadEntry>()

function readEntry(entry: KeptEntry): ReadEntry {
  const known = readEntries.get(entry)
  if (known !== undefined) return known
  const { leaf: bytes, body, effects } = entry
  const leaf = parseLeaf(bytes)
  if (body !== null) {
    const part = splitPart(body)
    assert.ok(
      isSameHash(hashBody(part.salt, part.bytes), leaf.bodyHash),
      'A body is what its leaf says',
    )
    assert.ok(
      !Buffer.from(part.bytes).includes('"method":"hang"'),
      'A call that hangs is in no log',
    )
  }
  if (effects !== null) {
    const part = splitPart(effects)
    const found = hashEffects(part.salt, part.bytes)
    assert.ok(isSameHash(found, leaf.effectsHash), 'Effects are what their leaf says')
  }
  const writes = effects === null ? null : parseEffects(readPart(effects)).writes
  const read = { leaf, leafHash: hashLeaf(bytes), writes }
  readEntries.set(entry, read)
  return read
}

/** Calls that were found in the log already, and where. */
const foundCalls = new WeakMap<Acknowledged, KeptEntry>()

function checkAcknowledged({ entries }: Tables, call: Acknowledged): void {
  const entry = entries[call.index]
  assert.ok(entry, `The call that was acknowledged as entry ${call.index} is in the log`)
  if (foundCalls.get(call) === entry) return
  const { kind } = parseLeaf(entry.leaf)
  assert.equal(kind, entryKinds.call, 'A call that was acknowledged is one in the log')
  if (entry.body === null || entry.effects === null) return
  const { body } = readBodyPart(kind, entry.body)
  assert.ok('method' in body)
  const { account, method, args } = body
  const { ok } = parseEffects(readPart(entry.effects))
  const { account: by, method: called, args: given, ok: told } = call
  const wanted = { account: by, method: called, args: given, ok: told }
  assert.deepEqual({ account, method, args, ok }, wanted, 'The log says what was acknowledged')
  foundCalls.set(call, entry)
}

function checkChange({ entries }: Tables, { index, set }: Change): void {
  const entry = entries[index]
  assert.ok(entry, `The change of the rules of entry ${index} is in the log`)
  assert.equal(parseLeaf(entry.leaf).kind, entryKinds.config)
  assert.deepEqual(changeIn(entry), set, 'The log says what was changed')
}

function changeIn({ leaf, body }: KeptEntry): ConfigBody['set'] {
  const { kind } = parseLeaf(leaf)
  assert.ok(body, 'What the log runs is never taken down')
  const read = readBodyPart(kind, body)
  assert.ok(read.kind === entryKinds.config)
  return read.body.set
}

/** The state names the script that the last change put in force, the log has it, and it ran every call from then on. */
function checkScripts({ disk, store, acknowledged }: Checked): void {
  const { entries, blobs } = disk.tables
  const [genesis] = entries
  assert.ok(genesis?.body)
  const { body } = readBodyPart(entryKinds.genesis, genesis.body)
  assert.ok('script' in body)
  let { script } = body
  const inForce = entries.map((entry) => {
    const before = script
    if (readEntry(entry).leaf.kind === entryKinds.config)
      script = textOr(changeIn(entry)['script'], script)
    return before
  })
  assert.equal(settingsInForce(store).script, script, 'The state names the script in force')
  for (const name of new Set(inForce)) assert.ok(blobs.get(name), `The log has the script ${name}`)
  for (const { index, method, result } of acknowledged) {
    if (method !== 'which') continue
    const text = blobs.get(inForce[index] ?? '')
    assert.equal(result, Buffer.from(text ?? '').toString(), `the script of entry ${index}`)
  }
}

function textOr(value: JsonValue | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

const whole = new WeakSet<Uint8Array>()

/** The log holds what calls brought and read, byte for byte, and nothing that a refused or failed call left unread. */
function checkBlobs({ disk, acknowledged, refusedBlobs }: Checked): void {
  const { blobs } = disk.tables
  for (const [name, bytes] of blobs) {
    if (bytes === null || whole.has(bytes)) continue
    assert.equal(hash('sha512', bytes), name, `the blob ${name} is what it was`)
    whole.add(bytes)
  }
  for (const { index, kept, notKept } of acknowledged) {
    for (const name of kept) assert.ok(blobs.has(name), `The blob of entry ${index} is kept`)
    for (const name of notKept) assert.ok(!blobs.has(name), `The blob of entry ${index} is litter`)
  }
  for (const name of refusedBlobs) assert.ok(!blobs.has(name), 'The blob of no entry is litter')
}

/**
 * The projection is what its log makes of it. Writes whose values were taken down are counted or not: that depends on what came
 * first, the takedown or a rebuild. Once effects were taken down, nobody can say any more.
 */
function checkCounts({ disk, isRebuilding }: Checked): void {
  const { entries, counts, mark } = disk.tables
  const size = mark?.size ?? 0
  if (!isRebuilding) assert.equal(size, entries.length, 'The projection is where its log is')
  const [least, most] = [new Map<string, number>(), new Map<string, number>()]
  for (const entry of entries.slice(0, size)) {
    const { writes } = readEntry(entry)
    if (writes === null) return
    const values = entry.values === null ? [] : parseValues(entry.values)
    let position = 0
    for (const [object, field, valueHash] of writes) {
      const key = rowKey(object, field)
      most.set(key, (most.get(key) ?? 0) + 1)
      const value = valueHash === null ? undefined : values[position++]
      const isThere = value !== undefined && isTold(value, disk.tables)
      if (valueHash === null || isThere) least.set(key, (least.get(key) ?? 0) + 1)
    }
  }
  for (const key of new Set([...most.keys(), ...counts.keys()])) {
    const [count, from, to] = [counts, least, most].map((some) => some.get(key) ?? 0)
    const isRight = count !== undefined && count >= (from ?? 0) && count <= (to ?? 0)
    assert.ok(isRight, `The projection is what its log makes of it: ${key} ${from} ${count} ${to}`)
  }
}

/** A value in a blob goes with it, whichever entry the takedown was about. */
function isTold(value: EntryValue, { blobs }: Tables): boolean {
  return !('withheld' in value) && !('blob' in value && blobs.get(value.blob) === null)
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
