// What a registry answers to mnpm's calls: taken where it has the right form, told in words where it has not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCalls } from '../src/mnpm/calls.ts'

const root = 'http://registry.example/-/mnpm'
const callsOver = (body: unknown, status = 200) =>
  openCalls(root, async () => ({
    status,
    bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  }))

test('openCalls() asks for names and versions as they are', async () => {
  const asked: string[] = []
  const calls = openCalls(root, async (path) => {
    asked.push(path)
    return { status: 200, bytes: Buffer.from('{"versions":["1.0.0"],"dependencies":[]}') }
  })
  await calls.versions('@scope/name')
  await calls.dependencies('@scope/name', '1.0.0+build')
  assert.deepEqual(asked, [
    '/versions?name=%40scope%2Fname',
    '/dependencies?name=%40scope%2Fname&version=1.0.0%2Bbuild',
  ])
})

test('openCalls() gives dependencies by name, and mirrors without a slash at the end', async () => {
  const dependencies = [{ name: 'left', version: '^1.0.0' }]
  assert.deepEqual(await callsOver({ dependencies }).dependencies('x', '1.0.0'), { left: '^1.0.0' })
  const mirrors = ['http://one.example/base/']
  assert.deepEqual(await callsOver({ mirrors }).mirrors(), ['http://one.example/base'])
})

test('openCalls() throws package_absent for a name that is not there', async () => {
  await assert.rejects(callsOver({ error: 'none' }, 404).versions('x'), { code: 'package_absent' })
})

for (const [what, ask, body, status] of [
  ['a body that is no JSON', 'versions', '<html>', 200],
  ['a list in place of an object', 'versions', [], 200],
  ['versions that are no texts', 'versions', { versions: [1] }, 200],
  ['dependencies as a mapping', 'dependencies', { dependencies: { left: '1' } }, 200],
  ['a dependency without a version', 'dependencies', { dependencies: [{ name: 'left' }] }, 200],
  ['a checksum of another kind', 'checksum', { checksum: 'ab', algorithm: 'sha1' }, 200],
  ['a mirror that is no address', 'mirrors', { mirrors: ['file:///etc'] }, 200],
  ['an odd status', 'mirrors', {}, 403],
  ['an answer without an end', 'versions', `{"versions":[]}${' '.repeat(2 ** 24)}`, 200],
] as const) {
  test(`openCalls() throws registry_answer for ${what}`, async () => {
    await assert.rejects(callsOver(body, status)[ask]('x', '1.0.0'), { code: 'registry_answer' })
  })
}

for (const [server, hint] of [
  ['http://registry.example', /, at a Stele registry http:\/\/registry\.example\/-\/mnpm$/],
  [root, /--server says where they are$/],
] as const) {
  test(`openCalls() says where the calls may be when they are not at ${server}`, async () => {
    const calls = openCalls(server, async () => ({ status: 404, bytes: new Uint8Array(0) }))
    await assert.rejects(calls.mirrors(), { code: 'registry_answer', message: hint })
  })
}
