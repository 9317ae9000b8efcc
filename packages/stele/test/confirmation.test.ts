// A lock is compared with its packages once, and what was left out of an installation is compared when it comes in.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import type { Graph } from '@stele/resolve/graph'
import { confirmLock } from '../src/client/lock/confirmation.ts'
import { lockDigest, openConfirmedLocks } from '../src/client/lock/confirmed-locks.ts'

const [whole, withoutDev, withoutOptional] = ['', '[{"dev":true}]', '[{"optional":true}]']
const [digest, text] = ['the lock that was read', 'the lock that is written']

/** "a" depends on "evil", and its package.json does not say so. */
const forged: Graph = {
  importers: [],
  packages: new Map([['a@1.0.0', { name: 'a', version: '1.0.0', dist: { tarball: '' } }]]),
  instances: new Map([
    [
      'a@1.0.0',
      { id: 'a@1.0.0', dependencies: new Map([['evil', 'evil@1.0.0']]), optional: new Set() },
    ],
  ]),
}

suite('confirmLock()', () => {
  let store: string
  beforeEach(() => {
    store = mkdtempSync(join(tmpdir(), 'confirmation-'))
    writeFileSync(join(store, 'package.json'), '{"name":"a","version":"1.0.0"}')
  })
  afterEach(() => rmSync(store, { recursive: true }))

  const confirmed = (part: string, read: string | undefined): ReturnType<typeof confirmLock> =>
    confirmLock({
      graph: forged,
      digest: read,
      part,
      store,
      confirming: {
        path: 'stele.lock',
        rules: {},
        config: { registryOf: () => 'https://registry.example/' },
        registries: {
          packument: async (name) => ({ name, 'dist-tags': {}, versions: {} }),
        },
      },
    })

  // what of this lock was installed before, what is now, whether it is compared
  const rows = [
    [[], whole, true],
    [[], withoutDev, true],
    [[whole], whole, false],
    [[whole], withoutDev, false],
    [[withoutDev], withoutDev, false],
    [[withoutDev], whole, true],
    [[withoutDev], withoutOptional, true],
    [[withoutDev, withoutOptional], whole, true],
  ] as const
  for (const [before, part, isCompared] of rows) {
    const known = before.map((each) => each || 'all').join(' and ') || 'nothing'
    test(`${isCompared ? 'compares' : 'does not compare'} ${part || 'all'} where ${known} was installed`, async () => {
      for (const each of before) openConfirmedLocks(store).note(digest, each)
      const { packages } = await confirmed(part, digest)
      const compared = packages(['a@1.0.0'], () => store)
      await (isCompared ? assert.rejects(compared, { code: 'lock_refused' }) : compared)
    })
  }

  // how the lock came, what is installed, whether all of what is written counts as compared
  for (const [how, read, part, isWhole] of [
    ['resolved', undefined, withoutDev, true],
    ['read', digest, withoutDev, false],
  ] as const) {
    test(`note() of a lock that was ${how} counts for ${isWhole ? 'all of it' : 'what was installed'}`, async () => {
      const { note } = await confirmed(part, read)
      note(text)
      const { has } = openConfirmedLocks(store)
      assert.deepEqual([has(lockDigest(text), part), has(lockDigest(text), whole)], [true, isWhole])
    })
  }
})
