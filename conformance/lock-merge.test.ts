// Locks that git has merged, clean or with conflicts: what "stele install" makes of them is what the merged package.json wants.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { openLock } from '../packages/locks/src/open-lock.ts'
import { wanting } from '../packages/locks/test/made-graph.ts'
import { lockOf, mended, merges } from '../packages/locks/test/made-merges.ts'
import { makeFolder } from './temporary-folder.ts'

type Branch = 'base' | 'ours' | 'theirs'

/** What `git merge` makes of branches that both began with the base, for each of the locks: one repository holds them all. */
async function mergeAll(
  locks: readonly { readonly [branch in Branch]: string }[],
): Promise<readonly string[]> {
  await using folder = await makeFolder('lock-merge')
  const files = locks.map((_, at) => join(folder.path, `${at}`, 'stele.lock'))
  for (const at of files.keys()) mkdirSync(join(folder.path, `${at}`))
  const git = (...args: readonly string[]): void => {
    const own = ['-c', 'user.name=test', '-c', 'user.email=test@mail.example']
    execFileSync('git', [...own, ...args], { cwd: folder.path, stdio: 'pipe' })
  }
  const commit = (branch: Branch): void => {
    for (const [at, file] of files.entries()) writeFileSync(file, locks[at]?.[branch] ?? '')
    git('add', '.')
    git('commit', '-q', '-m', 'a change')
  }
  git('init', '-q', '-b', 'ours')
  commit('base')
  git('checkout', '-q', '-b', 'theirs')
  commit('theirs')
  git('checkout', '-q', 'ours')
  commit('ours')
  assert.throws(() => git('merge', '-q', '--no-edit', 'theirs'), 'Some of them have conflicts')
  return files.map((file) => readFileSync(file, 'utf8'))
}

suite('openLock()', () => {
  let merged: readonly string[] = []
  before(async () => {
    const locks = merges.map(async ({ base, ours, theirs }) => ({
      base: await lockOf(base),
      ours: await lockOf(ours),
      theirs: await lockOf(theirs),
    }))
    merged = await mergeAll(await Promise.all(locks))
  })

  for (const [at, { what, merged: wanted, isClean }] of merges.entries()) {
    test(`openLock() reads what git made of two branches that ${what}; what is then resolved is what package.json wants`, async () => {
      const text = merged[at] ?? ''
      assert.equal(!text.includes('<<<<<<<'), isClean)
      const { fault } = openLock(text, 'stele.lock')
      assert.equal(fault !== undefined && !fault.isBearable, !isClean)
      assert.equal(await mended(text, [wanting(wanted)]), await lockOf(wanted))
    })
  }
})
