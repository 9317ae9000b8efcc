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
  const texts = {
    description: 'Pads on the left',
    keywords: ['pad'],
    homepage: 'https://p.example',
  }
  const manifest = { name, version: '1.0.0', scripts: { test: 'node x' }, ...texts }
  await world.publish('alice', manifest, { files })
  await world.registry.changeDocument('bob', nameOf(name), { document: { users: { bob: true } } })
  return world
}

/** What the registry answers, with one of its answers changed. */
function toolsOf(world: World, [path, from, to]: Change = [/^$/, '', '']): Tools {
  const { registry, blobs } = world
  const answer = async (asked: string, accept = ''): Promise<Uint8Array | undefined> => {
    const form = accept.includes('install-v1') ? 'abbreviated' : 'full'
    if (asked === '/-/ping') return Buffer.from('{}')
    if (asked === `/${name}`) return plainBytes(registry.packument(nameOf(name), { form, baseUrl }))
    if (asked === `/${name}/1.0.0` || asked === `/${name}/latest`)
      return registry.manifest(nameOf(name), '1.0.0', baseUrl)
    if (asked.endsWith('/dist-tags'))
      return Buffer.from(JSON.stringify(registry.tags(nameOf(name))))
    const searched = /^\/-\/v1\/search\?text=(\w*)/.exec(asked)
    if (searched) {
      return Buffer.from(JSON.stringify(await registry.search({ text: searched[1] ?? '' })))
    }
    const key = /starredByUser\?key=%22(\w+)%22$/.exec(asked)?.[1]
    if (key !== undefined) {
      const rows = registry.starredBy(key).map((value) => ({ value }))
      return Buffer.from(JSON.stringify({ rows }))
    }
    const file = registry.tarball(nameOf(name), asked.split('/').at(-1) ?? '')
    return file && blobs.get(file.sha512)
  }
  return {
    state: rowsOf(world),
    contents: true,
    fetchBlob: async (blob) => blobs.get(blob),
    fetch: async (asked, _max, accept) => {
      const bytes = await answer(asked, accept)
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
  const served = new Map<string, Awaited<ReturnType<typeof checks.checkServed>>>()
  for (const item of checks.served(tools.state)) {
    served.set(item.key, await checks.checkServed(item, tools))
  }
  const told = new Map([...served].flatMap(([key, { told: text }]) => (text ? [[key, text]] : [])))
  const listed = await checks.checkListings(tools, told)
  return [...served.values(), listed].flatMap(({ faults }) =>
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

test('checkServed() and checkListings() name what they could not compare', async () => {
  const world = await createPackage()
  const [item] = checks.served(rowsOf(world))
  assert.ok(item !== undefined)
  const odd = toolsOf(world, [/^\/p$/, '"_id"', '"evil":1,"_id"'])
  assert.deepEqual((await checks.checkServed(item, odd)).notCompared, ['"evil" of packuments'])
  const without = await checks.checkServed(item, { ...toolsOf(world), contents: false })
  assert.match(without.notCompared?.join() ?? '', /^what only tarballs tell/)
  const fetch = async (): Promise<{ status: number; bytes: Uint8Array }> => {
    return { status: 404, bytes: new Uint8Array() }
  }
  const listings = await checks.checkListings({ ...toolsOf(world), fetch }, new Map())
  assert.deepEqual(listings, {
    faults: [],
    missing: [],
    notCompared: ['the search (it is not offered)', 'what accounts have starred'],
  })
})

test('checkListings() stops reading a search that does not end', async () => {
  const world = await createPackage()
  let pages = 0
  const fetch: Tools['fetch'] = async (path) => {
    if (!path.includes('search')) return { status: 404, bytes: new Uint8Array() }
    pages++
    const objects = Array.from({ length: 250 }, () => ({ package: { name: 'evil' } }))
    return { status: 200, bytes: Buffer.from(JSON.stringify({ objects })) }
  }
  const { faults } = await checks.checkListings({ ...toolsOf(world), fetch }, new Map())
  assert.deepEqual([pages, faults.length], [1, 250])
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
    'the manifest as "latest" is another',
    [/\/latest$/, 'node x', 'node y'],
    /^3 1\.0\.0: its manifest as "latest": other scripts/m,
  ],
  [
    'the description at the top is another',
    [
      /^\/p$/,
      /("readme":.*|)"description":"Pads on the left"(?=[^{]*"readme":)/,
      '"description":"x"',
    ],
    /^3 1\.0\.0: description at the top of the packument: x/m,
  ],
  [
    'the readme is another',
    [/^\/p$/, '"readme":"', '"readme":"Run this: '],
    /^3 1\.0\.0: readme at the top of the packument: Run this: /m,
  ],
  [
    'the id is another',
    [/^\/p$/, '"_id":"p","name"', '"_id":"q","name"'],
    /^3 1\.0\.0: _id at the top/m,
  ],
  ['a star is made up', [/^\/p$/, '"users":{', '"users":{"mallory":true,'], /^3 users: .*mallory/m],
  [
    'a star is half made up',
    [/^\/p$/, '"users":{', '"users":{"mallory":1,'],
    /^3 users: .*mallory/m,
  ],
  ['a star is hidden', [/^\/p$/, '"users":{"bob":true}', '"users":{}'], /^3 users: \[\]/m],
  [
    'an account is said to have starred something else',
    [/starredByUser/, '"value":"p"', '"value":"evil"'],
    /^3 the stars of "bob": \["evil"\]/m,
  ],
  [
    'the search shows another description',
    [/search/, 'Pads on the left', 'Pads on the right'],
    /^3 its description in the search: Pads on the right/m,
  ],
  [
    'the search shows other keywords',
    [/search/, '"keywords":["pad"', '"keywords":["pad","official"'],
    /^3 its keywords in the search: .*official/m,
  ],
  [
    'the search links to another page',
    [/search/, 'https://p.example', 'https://evil.example'],
    /^3 its links in the search: .*evil/m,
  ],
  [
    'the search shows another date',
    [/search/, /"date":"2026/, '"date":"2027'],
    /^3 its date in the search: 2027/m,
  ],
  [
    'the search hides a package',
    [/search/, /"objects":\[.*\]/, '"objects":[]'],
    /^4 the package in the search: not listed/m,
  ],
  [
    'the search lists a package twice',
    [/search/, /"objects":\[(.*)\](?=,"total")/, '"objects":[$1,$1]'],
    /^3 the search: listed twice/m,
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
    const told = new Map<string, string>()
    const right = await checks.checkListings({ ...toolsOf(world), state }, told)
    assert.deepEqual(right.faults, [])
    const { faults } = await checks.checkListings({ ...toolsOf(world, lie), state }, told)
    assert.deepEqual(
      faults.map(({ details }) => `${details.what}: ${details.found}`),
      ['its version in the search: 2.0.0'],
    )
    const [item] = checks.served(state)
    assert.ok(item !== undefined)
    await assert.rejects(checks.checkServed(item, { ...toolsOf(world), state }), /withheld/)
  })
}
