import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { readProject } from '../src/client/project.ts'
import {
  inStages,
  selectWorkspaces,
  type WorkspacesAsked,
} from '../src/client/select-workspaces.ts'

const nothing: WorkspacesAsked = {
  workspaces: [],
  filters: [],
  isRecursive: false,
  includesRoot: false,
}

/** app → lib → core; site → lib; tools alone. */
const manifests = {
  '.': { name: 'root', workspaces: ['apps/*', 'packages/*'] },
  'apps/app': { name: '@my/app', dependencies: { '@my/lib': 'workspace:^' } },
  'apps/site': { name: '@my/site', devDependencies: { l: 'workspace:@my/lib@*' } },
  'packages/core': { name: '@my/core', version: '1.0.0' },
  'packages/lib': { name: '@my/lib', dependencies: { '@my/core': '^1.0.0' } },
  'packages/tools': { name: 'tools', dependencies: { left: '*' } },
}

suite('select-workspaces', () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'stele-select-'))
    for (const [folder, manifest] of Object.entries(manifests)) {
      const path = join(root, folder, 'package.json')
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, JSON.stringify(manifest))
    }
  })
  after(() => rmSync(root, { recursive: true, force: true }))
  const select = async (asked: Partial<WorkspacesAsked>, cwd = root): Promise<string> => {
    const project = await readProject(root)
    const found = selectWorkspaces(project, { ...nothing, ...asked }, { cwd, command: 'run' })
    return found.map(({ name }) => name.replace('@my/', '')).join(' ')
  }

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

  test('selectWorkspaces() gives what changed since a commit, and what depends on it', async () => {
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
