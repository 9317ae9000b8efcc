// What two branches make of the same lock, to be merged by git or without it.

import type { WantedImporter } from '@stele/resolve'
import { formatLock } from '../src/format-lock.ts'
import { lockedOf } from '../src/locked.ts'
import { openLock } from '../src/open-lock.ts'
import { type MadeRegistry, resolved, wanting } from './made-graph.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz'.split('')
/** A package for each letter, in three versions; each needs the next two letters' packages in its own major version. */
const made: MadeRegistry = Object.fromEntries(
  letters.map((letter, at) => {
    const below = letters.slice(at + 1, at + 3)
    const release = (major: number) => ({
      dependencies: Object.fromEntries(below.map((name) => [name, `^${major}.0.0`])),
    })
    return [letter, { '1.0.0': release(1), '2.0.0': release(2), '2.1.0': release(2) }]
  }),
)

export type Wanted = { readonly [name: string]: string }

/** The lock of a project that wants this. */
export async function lockOf(wanted: Wanted, registry: MadeRegistry = made): Promise<string> {
  return formatLock({ graph: await resolved(registry, [wanting(wanted)]), settings: {} })
}

/** As an installation mends it. */
export async function mended(text: string, wanted: readonly WantedImporter[]): Promise<string> {
  const { lock } = openLock(text, 'stele.lock')
  const graph = await resolved(made, wanted, { locked: lockedOf(lock.graph) })
  return formatLock({ graph, settings: lock.settings })
}

// what two branches do to the same package.json, whether git merges their locks without conflicts
export const merges: readonly {
  readonly what: string
  readonly base: Wanted
  readonly ours: Wanted
  readonly theirs: Wanted
  readonly merged: Wanted
  readonly isClean: boolean
}[] = [
  {
    what: 'add packages that are far from each other',
    base: { k: '1', m: '1' },
    ours: { a: '1', k: '1', m: '1' },
    theirs: { k: '1', m: '1', u: '1' },
    merged: { a: '1', k: '1', m: '1', u: '1' },
    isClean: true,
  },
  {
    what: 'remove packages, and update others',
    base: { a: '1', k: '1', u: '1' },
    ours: { k: '1', u: '1' },
    theirs: { a: '1', k: '1', u: '2' },
    merged: { k: '1', u: '2' },
    isClean: true,
  },
  {
    what: 'add packages at the same place',
    base: { a: '1', x: '1' },
    ours: { a: '1', k: '1', x: '1' },
    theirs: { a: '1', l: '2', x: '1' },
    merged: { a: '1', k: '1', l: '2', x: '1' },
    isClean: false,
  },
  {
    what: 'update the same package differently',
    base: { k: '1' },
    ours: { k: '2.0.0' },
    theirs: { k: '^2.1.0' },
    merged: { k: '^2.1.0' },
    isClean: false,
  },
]
