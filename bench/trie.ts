// What the state trie costs at a million leaves: `node bench/trie.ts [leaves]` prints a table and, as its last line, JSON.
// The measuring is done in a process of its own, so that its resident memory is the trie's.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type StateQuery, Trie, type TrieWrite } from '../packages/state/src/index.ts'
import { openPartialTree } from '../packages/state/src/public/bundle.ts'

/** The outcome: medians, with the slowest of twenty (p95) where it matters. Units are in the names. */
export type TrieResult = {
  readonly leaves: number
  readonly buildMs: number
  readonly baseMegabytes: number
  readonly residentMegabytes: number
  readonly arenaBytesPerLeaf: number
  readonly fourWritesAndRootUs: number
  readonly fourWritesAndRootP95Us: number
  readonly fourWritesGroupUs: number
  readonly proofs: readonly ProofResult[]
}
type ProofResult = {
  readonly keys: number
  readonly bytes: number
  readonly makeMs: number
  readonly longestStepMs: number
  readonly verifyMs: number
}

const fieldsOf = { versions: 6, contents: 6, tags: 1, owners: 1 }
const leavesPerPackage = 14
const measuredFlag = '--measure'

/** Measures a trie of this many leaves in a new process. */
export function run(leaves = 1_000_000): TrieResult {
  const file = fileURLToPath(import.meta.url)
  const args = ['--expose-gc', file, measuredFlag, String(leaves)]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

function measure(leaves: number): TrieResult {
  const baseMegabytes = residentMegabytes()
  const start = performance.now()
  const trie = Trie.build(rows(leaves))
  const buildMs = performance.now() - start
  const resident = residentMegabytes()
  const arenaBytes = process.memoryUsage().arrayBuffers
  const packages = Math.floor(leaves / leavesPerPackage)
  return {
    leaves: trie.leafCount,
    buildMs,
    baseMegabytes,
    residentMegabytes: resident,
    arenaBytesPerLeaf: arenaBytes / leaves,
    ...measureWrites(trie, packages),
    proofs: [1, 100, 1_000, 5_000].map((keys) => measureProof(trie, packages, keys)),
  }
}

/** Publishes: a version, its contents, a tag and a notice each. The first is timed to the root, then to the commit. */
function measureWrites(
  trie: Trie,
  packages: number,
): Pick<TrieResult, 'fourWritesAndRootUs' | 'fourWritesAndRootP95Us' | 'fourWritesGroupUs'> {
  const roots: number[] = []
  const groups: number[] = []
  for (let round = 0; round < 3_000; round++) {
    const name = nameOf((round * 104_729) % packages)
    const writes = ['versions', 'contents', 'tags', 'notices'].map((object, index) => ({
      object: `/packages/${name}/${object}`,
      field: object === 'tags' ? 'latest' : `9.0.${round}`,
      valueHash: hashOf(round * 4 + index),
    }))
    const start = performance.now()
    trie.begin()
    trie.apply(writes)
    trie.root()
    roots.push(performance.now() - start)
    trie.commit()
    groups.push(performance.now() - start)
  }
  return {
    fourWritesAndRootUs: quantile(roots, 0.5) * 1000,
    fourWritesAndRootP95Us: quantile(roots, 0.95) * 1000,
    fourWritesGroupUs: quantile(groups, 0.5) * 1000,
  }
}

function measureProof(trie: Trie, packages: number, keys: number): ProofResult {
  const [makes, steps, verifies, sizes]: number[][] = [[], [], [], []]
  for (let round = 0; round < 25; round++) {
    const queries: StateQuery[] = Array.from({ length: keys }, (_, index) => ({
      object: `/packages/${nameOf((round * 7_919 + index * 104_729) % packages)}/versions`,
      field: `1.${index % 6}.0`,
    }))
    const start = performance.now()
    const proof = trie.prove(queries)
    makes?.push(performance.now() - start)
    sizes?.push(proof.tree.length)
    steps?.push(longestStep(trie, queries))
    const opened = performance.now()
    const partial = openPartialTree(proof.tree, proof.root)
    for (const { object, ...query } of queries) {
      if ('field' in query) partial.get(object, query.field)
    }
    verifies?.push(performance.now() - opened)
    if (proof.asked.length !== keys) throw new Error('The proof lacks a key')
  }
  return {
    keys,
    bytes: quantile(sizes ?? [], 0.5),
    makeMs: quantile(makes ?? [], 0.5),
    longestStepMs: quantile(steps ?? [], 0.5),
    verifyMs: quantile(verifies ?? [], 0.5),
  }
}

function longestStep(trie: Trie, queries: readonly StateQuery[]): number {
  let longest = 0
  const steps = trie.proveInSteps(queries)
  for (let isDone = false; !isDone; ) {
    const start = performance.now()
    isDone = steps.next().done === true
    longest = Math.max(longest, performance.now() - start)
  }
  return longest
}

/** Leaves as a registry has them, in the order in which its rows are read. */
function* rows(count: number): Generator<TrieWrite> {
  for (let leaf = 0, index = 0; leaf < count; index++) {
    for (const [object, fields] of Object.entries(fieldsOf)) {
      for (let field = 0; field < fields && leaf < count; field++, leaf++) {
        const valueHash = hashOf(leaf)
        yield { object: `/packages/${nameOf(index)}/${object}`, field: `1.${field}.0`, valueHash }
      }
    }
  }
}

function nameOf(index: number): string {
  return `package-${index.toString(36)}`
}

// Not a hash: it only has to differ, and must not cost what is measured.
const value = Buffer.alloc(32)
function hashOf(number: number): Uint8Array {
  value.writeUInt32BE(number)
  return Uint8Array.from(value)
}

function residentMegabytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1e6
}

function quantile(samples: number[], part: number): number {
  const sorted = samples.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN
}

function print({ proofs, ...result }: TrieResult): void {
  const round = (number: number): number => Number(number.toPrecision(3))
  console.table(Object.fromEntries(Object.entries(result).map(([key, each]) => [key, round(each)])))
  console.table(
    proofs.map((proof) => ({
      ...proof,
      makeMs: round(proof.makeMs),
      longestStepMs: round(proof.longestStepMs),
      verifyMs: round(proof.verifyMs),
    })),
  )
  console.log(JSON.stringify({ ...result, proofs }))
}

if (process.argv[2] === measuredFlag) {
  console.log(JSON.stringify(measure(Number(process.argv[3]))))
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  print(run(Number(process.argv[2] ?? 1_000_000)))
}
