// The whole package against spec/vectors.json: a log that another program made.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cosignedTimeS, verifyCheckpoint } from '../src/public/keys.ts'
import { formatNote, parseNote, parseVkey } from '../src/public/notes.ts'
import { formatProofFile, parseProofFile, verifyInclusion } from '../src/public/proofs.ts'
import {
  formatEntryBundle,
  formatTile,
  parseEntryBundle,
  parseTile,
  parseTilePath,
  tilePath,
} from '../src/public/tiles.ts'
import {
  createTileReader,
  Frontier,
  hashLeaf,
  proveInclusion,
  treeRoot,
} from '../src/public/tree.ts'
import { hex } from './sample-tree.ts'

type Vectors = {
  readonly keys: { readonly log: string; readonly clock: string }
  readonly entries: readonly { readonly leaf: string; readonly treeRoot: string }[]
  readonly checkpoint: string
  readonly head: string
  readonly files: Readonly<Record<string, string>>
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../spec/vectors.json', import.meta.url), 'utf8'),
) as Vectors
const origin = 'example.com/stele'
const keys = [parseVkey(vectors.keys.log), parseVkey(vectors.keys.clock)]
const leaves = vectors.entries.map(({ leaf }) => Buffer.from(leaf, 'hex'))
const size = leaves.length

function fileOf(path: string): Uint8Array {
  return Buffer.from(vectors.files[path] ?? assert.fail(`no file ${path}`), 'hex')
}

test('Frontier has the root of every entry of vectors.json', () => {
  const frontier = Frontier.empty()
  for (const [i, entry] of vectors.entries.entries()) {
    frontier.append(hashLeaf(leaves[i] ?? assert.fail()))
    assert.equal(hex(frontier.root()), entry.treeRoot)
  }
})

test('verifyCheckpoint() accepts the checkpoint of vectors.json with its clock', () => {
  const { checkpoint, note, verified } = verifyCheckpoint(vectors.checkpoint, keys, origin)
  assert.equal(checkpoint.size, size)
  assert.equal(hex(checkpoint.root), vectors.entries.at(-1)?.treeRoot)
  assert.equal(verified.length, 2)
  assert.equal(cosignedTimeS(verified, `${origin}/clock`), 1795000008)
  assert.equal(formatNote(note.text, parseNote(vectors.checkpoint).signatures), vectors.checkpoint)
})

test('parseProofFile() reads the head of vectors.json, whose proof holds', () => {
  const file = parseProofFile(vectors.head)
  assert.equal(formatProofFile(file), vectors.head)
  assert.equal(file.index, size - 1)
  const { root } = verifyCheckpoint(file.checkpoint, keys, origin).checkpoint
  const leafHash = hashLeaf(file.extra ?? assert.fail('no leaf'))
  verifyInclusion({ index: file.index, size, leafHash, root, proof: file.path })
})

test('parseTile(), parseEntryBundle() read the tile and the bundle of vectors.json', () => {
  const [hashPath, bundlePath] = ['tile/0/000.p/14', 'tile/entries/000.p/14']
  for (const path of [hashPath, bundlePath]) assert.equal(tilePath(parseTilePath(path)), path)
  const tile = fileOf(hashPath)
  assert.deepEqual(
    parseTile(tile, size).map(hex),
    leaves.map((leaf) => hex(hashLeaf(leaf))),
  )
  assert.equal(hex(formatTile(parseTile(tile, size))), hex(tile))
  const bundle = fileOf(bundlePath)
  assert.deepEqual(parseEntryBundle(bundle, size).map(hex), leaves.map(hex))
  assert.equal(hex(formatEntryBundle(leaves)), hex(bundle))
})

test('createTileReader() proves every entry of vectors.json through its tile', () => {
  const read = createTileReader(size, (tile) => fileOf(tilePath(tile)))
  const root = treeRoot(size, read)
  assert.equal(hex(root), vectors.entries.at(-1)?.treeRoot)
  for (const [index, leaf] of leaves.entries()) {
    const proof = proveInclusion(index, size, read)
    verifyInclusion({ index, size, leafHash: hashLeaf(leaf), root, proof })
  }
})

test('README.md has an example that runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, example = ''] = /```js\n(.*?)```/s.exec(readme) ?? []
  assert.notEqual(example, '')
  const code = example.replace(
    /@stele\/tlog\/([a-z]+)/g,
    (_, face: string) => new URL(`../src/public/${face}.ts`, import.meta.url).href,
  )
  await import(`data:text/javascript,${encodeURIComponent(code)}`)
})
