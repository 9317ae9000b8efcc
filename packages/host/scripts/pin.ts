// Writes src/known-engines.ts anew: `node packages/host/scripts/pin.ts`. A changed part makes new engines, which take the
// place of those that no release has had yet; `--release <name>` says that a release has them now, and keeps them for ever.
import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { formatEngine } from '../src/engine-blob.ts'
import { knownEngines } from '../src/known-engines.ts'
import { hashParts } from './hash-parts.ts'

const url = new URL('../src/known-engines.ts', import.meta.url)
const parts = hashParts()
const named = process.argv.indexOf('--release')
const release = named > 0 ? process.argv[named + 1] : undefined
const own = (['fresh', 'kept'] as const).map((memory) => {
  const name = hash('sha512', formatEngine({ host: 1, memory, parts }))
  return { name, memory, release: release ?? null }
})
const earlier = knownEngines.filter(
  (known) => known.release !== null && !own.some(({ name }) => name === known.name),
)
const kept = own.map(
  (one) => knownEngines.find(({ name, release }) => name === one.name && release) ?? one,
)

const source = `// The engines that this release runs without being asked. Written by scripts/pin.ts, checked by a test.
// Logs name their engine for ever, so what a release had stays in this list.
import type { MemoryMode } from './engine-blob.ts'

/** By part: the hex SHA-512 of what this release ships. */
export const ownParts = {
${Object.entries(parts)
  .map(([part, sha512]) => `  ${part}:${part.length <= 4 ? ' ' : '\n    '}'${sha512}',\n`)
  .join('')}} as const

/** An engine by its blob's name, and the release that first had it: null before its release. */
export type KnownEngine = {
  readonly name: string
  readonly memory: MemoryMode
  readonly release: string | null
}

/** Every engine of this release and of earlier ones. */
export const knownEngines: readonly KnownEngine[] = [
${[...earlier, ...kept]
  .map(
    ({ name, memory, release: first }) =>
      `  {\n    name: '${name}',\n    memory: '${memory}',\n    release: ${first === null ? 'null' : `'${first}'`},\n  },\n`,
  )
  .join('')}]

/** Engines whose results depended on more than their logs carry: only the release itself runs those logs. */
export const retiredEngines: readonly { readonly release: string; readonly names: readonly string[] }[] = [
  {
    release: '7366d07',
    names: [
      'f5c44efac344060c7c868f453ca746a97df5f2e9c5898a9b3198f7a4ba832ca4345bd7dd704af910255dc0a8e234d66ebb14a43db8654e2ed0a8c27ceb4f4183',
      '402b0f1fe28d9c72ef043b3d3fcc19dd3c6a97648651bf868256e5906f4f6ec06bd7d6c09e8458b73b158066cfc2850ae100dab362cea82ef9b2e1e9215a74e6',
    ],
  },
]
`
writeFileSync(url, source)
