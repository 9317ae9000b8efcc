import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { readProject } from '../src/client/project/project.ts'
import { inStages, selectWorkspaces } from '../src/client/project/select-workspaces.ts'
import { makeWorkspaces, nothing } from './made-workspaces.ts'

suite('select-workspaces', () => {
  const workspaces = makeWorkspaces()
  const { root, select } = workspaces
  after(() => workspaces[Symbol.dispose]())

  test('selectWorkspaces() puts none before what it depends on', async () => {
    assert.equal(await select({ isRecursive: true }), 'core lib app site tools')
    const all = { isRecursive: true, includesRoot: true }
    assert.match(await select(all), /\broot\b/)
  })

  const named: readonly (readonly [text: string, found: string])[] = [
    ['@my/app', 'app'],
    ['apps/app', 'app'],
    ['./apps/app', 'app'],
    ['apps', 'app site'],
    ['tools', 'tools'],
  ]
  for (const [text, found] of named) {
    test(`selectWorkspaces() gives ${found} when --workspace is ${text}`, async () => {
      assert.equal(await select({ workspaces: [text] }), found)
    })
  }

  const filtered: readonly (readonly [filters: string, found: string])[] = [
    ['@my/app', 'app'],
    ['app', 'app'],
    ['@my/*', 'core lib app site'],
    ['*s', 'tools'],
    ['./apps/*', 'app site'],
    ['{packages}', 'core lib tools'],
    ['app...', 'core lib app'],
    ['app^...', 'core lib'],
    ['...lib', 'lib app site'],
    ['...^core', 'lib app site'],
    ['!tools', 'core lib app site'],
    ['@my/* !app', 'core lib site'],
    ['tools app', 'app tools'],
  ]
  for (const [filters, found] of filtered) {
    test(`selectWorkspaces() gives ${found} when --filter is ${filters}`, async () => {
      assert.equal(await select({ filters: filters.split(' ') }), found)
    })
  }

  test('selectWorkspaces() takes folders from where they are typed', async () => {
    assert.equal(await select({ workspaces: ['.'] }, join(root, 'apps', 'app')), 'app')
    assert.equal(await select({ filters: ['../site'] }, join(root, 'apps', 'app')), 'site')
  })

  test('selectWorkspaces() throws usage_wrong with the nearest name when there is no such package', async () => {
    const message = 'This workspace has no package "@my/ap"; did you mean "@my/app"?'
    await assert.rejects(select({ workspaces: ['@my/ap'] }), { code: 'usage_wrong', message })
    await assert.rejects(select({ filters: ['zebra'] }), {
      message:
        'This workspace has no package "zebra"; it has @my/app, @my/core, @my/lib, @my/site, tools',
    })
  })

  test('inStages() lets packages go together that need nothing of each other', async () => {
    const project = await readProject(root)
    const all = selectWorkspaces(
      project,
      { ...nothing, isRecursive: true },
      { cwd: root, command: 'run' },
    )
    const stages = inStages(project, all).map((stage) => stage.map(({ folder }) => folder))
    assert.deepEqual(stages, [
      ['packages/core', 'packages/tools'],
      ['packages/lib'],
      ['apps/app', 'apps/site'],
    ])
  })
})
