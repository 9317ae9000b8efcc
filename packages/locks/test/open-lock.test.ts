import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import type { WantedImporter } from '@stele/resolve'
import { formatLock } from '../src/format-lock.ts'
import { lockedOf } from '../src/locked.ts'
import { openLock } from '../src/open-lock.ts'
import { integrityOf, type MadeRegistry, resolved, wanting } from './made-graph.ts'

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

type Wanted = { readonly [name: string]: string }

async function lockOf(wanted: Wanted, registry: MadeRegistry = made): Promise<string> {
  return formatLock({ graph: await resolved(registry, [wanting(wanted)]), settings: {} })
}

/** What `git merge` makes of two branches that both began with the first text. */
function merge(base: string, ours: string, theirs: string): { isClean: boolean; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'stele-merge-'))
  const file = join(folder, 'stele.lock')
  const git = (...args: readonly string[]): void => {
    const own = ['-c', 'user.name=test', '-c', 'user.email=test@mail.example']
    execFileSync('git', [...own, ...args], { cwd: folder, stdio: 'pipe' })
  }
  const commit = (text: string): void => {
    writeFileSync(file, text)
    git('add', '.')
    git('commit', '-q', '-m', 'a change')
  }
  try {
    git('init', '-q', '-b', 'ours')
    commit(base)
    git('checkout', '-q', '-b', 'theirs')
    commit(theirs)
    git('checkout', '-q', 'ours')
    commit(ours)
    let isClean = true
    try {
      git('merge', '-q', '--no-edit', 'theirs')
    } catch {
      isClean = false
    }
    return { isClean, text: readFileSync(file, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As an installation mends it. */
async function mended(text: string, wanted: readonly WantedImporter[]): Promise<string> {
  const { lock } = openLock(text, 'stele.lock')
  const graph = await resolved(made, wanted, { locked: lockedOf(lock.graph) })
  return formatLock({ graph, settings: lock.settings })
}

// what two branches do to the same package.json, whether git merges their locks without conflicts
const merges: readonly {
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
for (const { what, base, ours, theirs, merged, isClean } of merges) {
  test(`openLock() reads what git made of two branches that ${what}; what is then resolved is what package.json wants`, async () => {
    const result = merge(await lockOf(base), await lockOf(ours), await lockOf(theirs))
    assert.equal(result.isClean, isClean)
    const { fault } = openLock(result.text, 'stele.lock')
    assert.equal(fault !== undefined && !fault.isBearable, !isClean)
    assert.equal(await mended(result.text, [wanting(merged)]), await lockOf(merged))
  })
}

test('openLock() tells which of two versions is gone on with', async () => {
  const newer = { k: { '1.0.0': {}, '1.1.0': {} } }
  const older = { k: { '1.0.0': {} } }
  const base = await lockOf({ k: '0 || 1' }, older)
  const [ours, theirs] = [await lockOf({ k: '^1' }, older), await lockOf({ k: '1' }, newer)]
  const { choices } = openLock(merge(base, ours, theirs).text, 'stele.lock')
  assert.deepEqual(choices, [
    { by: '.', name: 'k', ours: 'k@1.0.0', theirs: 'k@1.1.0', taken: 'k@1.1.0' },
  ])
})

test('openLock() finds a line missing that one branch took away and another needs', async () => {
  const text = await lockOf({ x: '1' })
  const { fault } = openLock(text.replace(/^"z@1\.0\.0".*\n/m, ''), 'stele.lock')
  assert.match(fault?.reason ?? '', /it has no "z@1\.0\.0", which "x@1\.0\.0" depends on/)
})

test('openLock() finds a peer that is not the one beside it any more', async () => {
  const registry = {
    dom: { '1.0.0': { peerDependencies: { react: '*' } } },
    react: { '18.0.0': {}, '19.0.0': {} },
  }
  const text = await lockOf({ dom: '*', old: 'npm:react@18', react: '19' }, registry)
  assert.equal(openLock(text, 'stele.lock').fault, undefined)
  const stale = text
    .replaceAll('react@19.0.0)', 'react@18.0.0)')
    .replace('"react":"19.0.0"', '"react":"18.0.0"')
  const { fault } = openLock(stale, 'stele.lock')
  assert.match(fault?.reason ?? '', /has another "react" than whoever depends on it/)
  assert.equal(fault?.isBearable, true)
})

const damaged = '<<<<<<< ours\n{"lockVersion":1,\n=======\n>>>>>>> theirs\n'
test('openLock() throws lock_invalid when a side of a conflict is no lock', () => {
  assert.throws(
    () => openLock(damaged, 'stele.lock'),
    (error) => isSteleError(error, 'lock_invalid') && /one side/.test(error.message),
  )
})

test('openLock() throws lock_invalid when two branches have different hashes of the same package', async () => {
  const base = await lockOf({ z: '2' })
  const [ours, theirs] = [await lockOf({ z: '1' }), await lockOf({ z: '1.0.0' })]
  const { text } = merge(base, ours, theirs.replace(integrityOf('z', '1.0.0'), 'sha512-other'))
  assert.throws(
    () => openLock(text, 'stele.lock'),
    (error) =>
      isSteleError(error, 'lock_invalid') && /different hashes of "z@1/.test(error.message),
  )
})
