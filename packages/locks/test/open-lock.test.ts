// Locks as merges leave them, written here; conformance/lock-merge.test.ts has git merge them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { openLock } from '../src/open-lock.ts'
import { integrityOf, wanting } from './made-graph.ts'
import { lockOf, mended, merges } from './made-merges.ts'

/** As a merge leaves two texts that it finds nothing in common of. */
function conflict(ours: string, theirs: string): string {
  return `<<<<<<< ours\n${ours}=======\n${theirs}>>>>>>> theirs\n`
}

for (const { what, ours, theirs, merged } of merges) {
  test(`openLock() reads both sides of a conflict of two branches that ${what}; what is then resolved is what package.json wants`, async () => {
    const text = conflict(await lockOf(ours), await lockOf(theirs))
    assert.equal(openLock(text, 'stele.lock').fault?.isBearable, false)
    assert.equal(await mended(text, [wanting(merged)]), await lockOf(merged))
  })
}

test('openLock() tells which of two versions is gone on with', async () => {
  const newer = { k: { '1.0.0': {}, '1.1.0': {} } }
  const older = { k: { '1.0.0': {} } }
  const [ours, theirs] = [await lockOf({ k: '^1' }, older), await lockOf({ k: '1' }, newer)]
  const { choices } = openLock(conflict(ours, theirs), 'stele.lock')
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
  const [ours, theirs] = [await lockOf({ z: '1' }), await lockOf({ z: '1.0.0' })]
  const text = conflict(ours, theirs.replace(integrityOf('z', '1.0.0'), 'sha512-other'))
  assert.throws(
    () => openLock(text, 'stele.lock'),
    (error) =>
      isSteleError(error, 'lock_invalid') && /different hashes of "z@1/.test(error.message),
  )
})
