// What the checks of a script's files find, over a state and a service that are made up.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AuditedState, CheckTools } from '@stele/audit/checks'
import { createFileChecks } from '../src/script-files/file-checks.ts'
import { parseFilesPath } from '../src/script-files/file-paths.ts'

/** By path; folders hold null, undefined is withheld. */
type Tree = Readonly<Record<string, string | null | undefined>>

const tree: Tree = { '/a': 'hello', '/kept': null, '/kept/b': '', '/kept/deep': null }

const cases: readonly (readonly [
  title: string,
  served: Tree | undefined,
  found: readonly (readonly [name: string, entry: number | null, what: string])[],
])[] = [
  ['all is as the state says', tree, []],
  ['a file differs', { ...tree, '/a': 'heLlo' }, [['/a', 1, 'its bytes from number 2 on']]],
  ['a file is longer', { ...tree, '/a': 'hello!' }, [['/a', 1, 'its bytes from number 5 on']]],
  [
    'a file is shorter',
    { ...tree, '/kept/b': 'x' },
    [['/kept/b', 3, 'its bytes from number 0 on']],
  ],
  ['there is a file more', { ...tree, '/kept/c': '' }, [['/kept', null, 'its listing']]],
  ['there is a folder more', { ...tree, '/more': null }, [['/', null, 'its listing']]],
  [
    'a file is not there',
    { '/a': 'hello', '/kept': null, '/kept/deep': null },
    [
      ['/kept', 3, 'its listing'],
      ['/kept/b', 3, 'the file'],
    ],
  ],
  [
    'a folder is not there',
    { '/a': 'hello', '/kept': null, '/kept/b': '' },
    [
      ['/kept', 4, 'its listing'],
      ['/kept/deep', 4, 'the folder'],
    ],
  ],
  [
    'nothing is served',
    undefined,
    [
      ['/', 0, 'the folder'],
      ['/a', 1, 'the file'],
    ],
  ],
]

suite('createFileChecks()', () => {
  for (const [title, served, wanted] of cases) {
    test(`createFileChecks() finds ${wanted.length} differences when ${title}`, async () => {
      const found = await check(served)
      for (const one of wanted) assert.deepEqual(found.shift(), one)
      if (served !== undefined) assert.deepEqual(found, [])
    })
  }

  test('createFileChecks() calls a file unknown when its value is withheld', async () => {
    const { checks, tools } = open({ ...tree, '/a': undefined }, tree)
    const item = { key: '/a', entry: 1, facts: { kind: 'file' } }
    const { unknown, faults } = await checks.checkServed(item, tools)
    assert.deepEqual([unknown, faults], ['its value is withheld', []])
  })

  test('createFileChecks() knows a service from a copy of its log', async () => {
    for (const [served, areWanted, wanted] of [
      [tree, false, true],
      [undefined, false, false],
      [undefined, true, true],
    ] as const) {
      const { checks, tools } = open(tree, served, areWanted)
      assert.equal(await checks.isServed(tools), wanted)
    }
  })
})

async function check(
  served: Tree | undefined,
): Promise<(readonly [string, number | null, string])[]> {
  const { checks, tools, state } = open(tree, served)
  const found: (readonly [string, number | null, string])[] = []
  for (const item of checks.served(state)) {
    const { faults } = await checks.checkServed(item, tools)
    for (const fault of faults) {
      assert.ok(fault.code === 'served_mismatch')
      const { name, entry, what } = fault.details
      found.push([name, entry, what])
    }
  }
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function open(state: Tree, served: Tree | undefined, areWanted = false) {
  const view = stateOf(state)
  const tools: CheckTools = {
    state: view,
    contents: true,
    fetchBlob: async () => undefined,
    fetch: async (address) => {
      const path = address.startsWith('/-/files/') ? parseFilesPath(address) : ''
      const found = path === '/' ? null : served?.[path]
      if (served === undefined || found === undefined) {
        return { status: 404, bytes: new Uint8Array(0) }
      }
      const text = found ?? JSON.stringify({ path, entries: namesIn(served, path) })
      return { status: 200, bytes: Buffer.from(text) }
    },
  }
  return { checks: createFileChecks({ areWanted }), tools, state: view }
}

function stateOf(state: Tree): AuditedState {
  const row: AuditedState['row'] = (object, field) => {
    const path = `${object === '/' ? '' : object}/${field.replace(/\/$/, '')}`
    const at = Object.keys(state).indexOf(path)
    if (at < 0) return undefined
    const text = state[path]
    const value = text === undefined ? undefined : Buffer.from(text ?? '')
    return { value, entry: at + 1, timeMs: 0 }
  }
  return {
    row,
    rows: () => [],
    get: () => undefined,
    list: (object) => namesIn(state, object),
  }
}

function namesIn(state: Tree, folder: string): readonly string[] {
  const start = folder === '/' ? '/' : `${folder}/`
  return Object.entries(state)
    .filter(([path]) => path.startsWith(start) && !path.slice(start.length).includes('/'))
    .map(([path, text]) => path.slice(start.length) + (text === null ? '/' : ''))
}
