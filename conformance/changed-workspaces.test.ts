// Which workspaces changed, as git says.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeWorkspaces } from '../packages/stele/test/made-workspaces.ts'

test('selectWorkspaces() gives what changed since a commit, and what depends on it', async () => {
  using workspaces = makeWorkspaces()
  const { root, select } = workspaces
  const git = (...args: readonly string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@host.test', ...args], {
      cwd: root,
    })
  git('init', '-q')
  git('add', '-A')
  git('commit', '-q', '-m', 'one')
  assert.equal(await select({ filters: ['[HEAD]'] }), '')
  writeFileSync(join(root, 'packages', 'lib', 'new.js'), '')
  assert.equal(await select({ filters: ['[HEAD]'] }), 'lib')
  assert.equal(await select({ filters: ['...[HEAD]'] }), 'lib app site')
  await assert.rejects(
    select({ filters: ['[nothing]'] }),
    /Cannot tell what changed since "nothing"/,
  )
})
