// What a registry serves, asked for as the audit asks: each lie that stands in one answer alone is found.
import assert from 'node:assert/strict'
import test from 'node:test'
import { createRegistryChecks } from '@stele/releases/checks'
import { baseUrl, createWorld, nameOf, plainBytes, rowsOf, type World } from './world.ts'

const name = 'p'
const checks = createRegistryChecks([baseUrl])
type Tools = Parameters<typeof checks.checkServed>[1]
type Change = readonly [path: RegExp, from: string | RegExp, to: string]

async function createPackage(): Promise<World> {
  const world = await createWorld()
  const files = { 'npm-shrinkwrap.json': '{}' }
  await world.publish('alice', { name, version: '1.0.0', scripts: { test: 'node x' } }, { files })
  return world
}

/** What the registry answers, with one of its answers changed. */
function toolsOf(world: World, [path, from, to]: Change = [/^$/, '', '']): Tools {
  const { registry, blobs } = world
  const answer = (asked: string, accept = ''): Uint8Array | undefined => {
    const form = accept.includes('install-v1') ? 'abbreviated' : 'full'
    if (asked === '/-/ping') return Buffer.from('{}')
    if (asked === `/${name}`) return plainBytes(registry.packument(nameOf(name), { form, baseUrl }))
    if (asked === `/${name}/1.0.0`) return registry.manifest(nameOf(name), '1.0.0', baseUrl)
    if (asked.endsWith('/dist-tags'))
      return Buffer.from(JSON.stringify(registry.tags(nameOf(name))))
    const searched = /^\/-\/v1\/search\?text=(\w*)/.exec(asked)
    if (searched) return Buffer.from(JSON.stringify(registry.search({ text: searched[1] ?? '' })))
    const file = registry.tarball(nameOf(name), asked.split('/').at(-1) ?? '')
    return file && blobs.get(file.sha512)
  }
  return {
    state: rowsOf(world),
    contents: true,
    fetchBlob: async (blob) => blobs.get(blob),
    fetch: async (asked, _max, accept) => {
      const bytes = answer(asked, accept)
      if (bytes === undefined) return { status: 404, bytes: new Uint8Array() }
      const place = `${accept?.includes('install-v1') ? 'short ' : ''}${asked}`
      if (!path.test(place)) return { status: 200, bytes }
      const text = Buffer.from(bytes).toString()
      const changed = text.replace(from, to)
      assert.notEqual(changed, text, text)
      return { status: 200, bytes: Buffer.from(changed) }
    },
  }
}

async function findings(world: World, change?: Change): Promise<readonly string[]> {
  const tools = toolsOf(world, change)
  const served = await Promise.all(
    checks.served(tools.state).map((item) => checks.checkServed(item, tools)),
  )
  const listed = await checks.checkListings(tools)
  return [...served, listed].flatMap(({ faults }) =>
    faults.map(({ weight, details }) => `${weight} ${details.what}: ${details.found}`),
  )
}

test('createRegistryChecks() finds nothing when all is served as it was published', async () => {
  const world = await createPackage()
  assert.deepEqual(await findings(world), [])
  const [item] = checks.contents(rowsOf(world), 0)
  assert.ok(item !== undefined)
  assert.deepEqual(await checks.checkContent(item, toolsOf(world)), { faults: [], missing: [] })
})

const lies: readonly (readonly [title: string, change: Change, found: RegExp])[] = [
  ['a script is another', [/^\/p$/, 'node x', 'node y'], /^3 1\.0\.0: scripts: .*node y/m],
  ['a checksum is another', [/^\/p$/, /"shasum":"./, '"shasum":"'], /^3 1\.0\.0: dist.shasum/m],
  [
    'a shrinkwrap is denied',
    [/^\/p$/, '"_hasShrinkwrap":true', '"_hasShrinkwrap":false'],
    /_hasShrinkwrap: false/,
  ],
  [
    'a member is added',
    [/^\/p$/, '"scripts":', '"gypfile":true,"scripts":'],
    /^3 1\.0\.0: gypfile: true/m,
  ],
  [
    'a false integrity stands before the true one',
    [/^\/p$/, '"integrity":', '"integrity":"sha512-x","integrity":'],
    /the same key twice/,
  ],
  [
    'the same in the abbreviated form',
    [/^short \/p$/, '"integrity":', '"integrity":"sha512-x","integrity":'],
    /^3 in the abbreviated form, its packument/,
  ],
  [
    'a shrinkwrap is denied there',
    [/^short \/p$/, '"_hasShrinkwrap":true', '"_hasShrinkwrap":false'],
    /^3 1\.0\.0: in the abbreviated form, _hasShrinkwrap/m,
  ],
  ['the tarball is another', [/\.tgz$/, /^./s, 'x'], /^2 1\.0\.0: the tarball/m],
  [
    'the list of tags is another',
    [/dist-tags$/, '"latest":', '"last":'],
    /^3 its list of dist-tags/,
  ],
  [
    'the manifest at its own address is another',
    [/1\.0\.0$/, 'node x', 'node y'],
    /^3 1\.0\.0: its manifest at its own address: other scripts/m,
  ],
  [
    'the search names another maintainer',
    [/search/, /("maintainers":.{"username":)"alice"/, '$1"mallory"'],
    /^3 its maintainers in the search/m,
  ],
  [
    'the search lists a package that is in no log',
    [/search/, '"name":"p"', '"name":"evil"'],
    /^3 what the search lists: evil/,
  ],
]
for (const [title, change, found] of lies) {
  test(`checkServed() and checkListings() find it when ${title}`, async () => {
    const said = await findings(await createPackage(), change)
    assert.ok(said.length > 0, 'nothing was found')
    assert.match(said.join('\n'), found)
  })
}

test('isServed() tells a registry from a copy of its log', async () => {
  const tools = toolsOf(await createPackage())
  assert.equal(await checks.isServed(tools), true)
  const fetch = async (): Promise<{ status: number; bytes: Uint8Array }> => ({
    status: 404,
    bytes: new Uint8Array(),
  })
  assert.equal(await checks.isServed({ ...tools, fetch }), false)
})

/** The state with the value of one row taken down. */
function withheldState(world: World, object: string, field: string): Tools['state'] {
  const state = rowsOf(world)
  const isGone = (one: string, name: string): boolean => one === object && name === field
  return {
    ...state,
    get(one, name) {
      if (isGone(one, name)) throw new Error('It is withheld')
      return state.get(one, name)
    },
    row(one, name) {
      const row = state.row(one, name)
      return row && isGone(one, name) ? { ...row, value: undefined } : row
    },
    rows: (one) =>
      [...state.rows(one)].map((row) =>
        isGone(one, row.field) ? { ...row, value: undefined } : row,
      ),
  }
}

const takenDown: readonly (readonly [object: string, field: string])[] = [
  ['/packages/p', 'origin'],
  ['/packages/p/tags', 'latest'],
  ['/packages/p/notices', '1.0.0'],
]
for (const [object, field] of takenDown) {
  test(`checkListings() passes over a package, and compares the others, when "${object}" "${field}" is withheld`, async () => {
    const world = await createPackage()
    const change = { document: { versions: { '1.0.0': { deprecated: 'old' } } } }
    await world.registry.changeDocument('alice', nameOf(name), change)
    await world.publish('alice', { name: 'q', version: '1.0.0' })
    const state = withheldState(world, object, field)
    const lie: Change = [/search/, '"name":"q","version":"1.0.0"', '"name":"q","version":"2.0.0"']
    assert.deepEqual(await checks.checkListings({ ...toolsOf(world), state }), {
      faults: [],
      missing: [],
    })
    const { faults } = await checks.checkListings({ ...toolsOf(world, lie), state })
    assert.deepEqual(
      faults.map(({ details }) => `${details.what}: ${details.found}`),
      ['its version in the search: 2.0.0'],
    )
    const [item] = checks.served(state)
    assert.ok(item !== undefined)
    await assert.rejects(checks.checkServed(item, { ...toolsOf(world), state }), /withheld/)
  })
}
