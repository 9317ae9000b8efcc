// This release opens, verifies and writes the data folders of every earlier one, and refuses by name those that it cannot.
// scripts/keep-release.ts makes the folders.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Finished, runProgram } from './processes.ts'
import { assertServedWhole, makeUpload, publish, readPackument, signUp } from './registry-client.ts'
import { unpackFolder } from './releases/pack.ts'
import { putPackage, untilAnswer, untilLocated } from './scanned-folder.ts'
import { assertNoTrouble, type LogLine, mainFile, repository, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

type About = {
  readonly release: string
  readonly account: string
  readonly retired: boolean
  readonly packages: { readonly [name: string]: { readonly [version: string]: string } }
}
const kept = join(repository, 'conformance', 'releases')
const releases = readdirSync(kept, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }): About => JSON.parse(readFileSync(join(kept, name, 'about.json'), 'utf8')))

async function unpack(folder: Folder, { release }: About): Promise<string> {
  const dir = join(folder.path, 'data')
  await unpackFolder(await readFile(join(kept, release, 'data.tar.zst')), dir)
  return dir
}

function stele(cwd: string, ...args: string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  return runProgram(process.execPath, [mainFile, ...args], { cwd, env })
}

/** No finding, and nothing but what was taken down is an exception: a release vouches for the rules of those before it. */
async function assertNothingFound(cwd: string, url: string): Promise<void> {
  const { stdout, shown } = await stele(cwd, 'verify', url, '--json')
  const { verdict, findings, exceptions } = JSON.parse(stdout)
  assert.deepEqual([findings, verdict === 'failed'], [[], false], shown)
  const unknown = exceptions.filter((one: { unchecked: string }) => one.unchecked === 'rules')
  assert.deepEqual(unknown, [], shown)
}

test('a data folder of an earlier release is kept', () => assert.ok(releases.length > 0))

for (const about of releases.filter(({ retired }) => !retired)) {
  test(`the data folder of ${about.release} opens, verifies, and is written to`, async () => {
    await using folder = await makeFolder('release')
    const dir = await unpack(folder, about)
    await using server = await startServer({ dir })
    for (const [name, versions] of Object.entries(about.packages)) {
      const found = (await readPackument(server.url, name))?.versions ?? {}
      const served = Object.entries(found).map(([version, { dist }]) => [version, dist.integrity])
      assert.deepEqual(Object.fromEntries(served), versions)
    }
    await assertNothingFound(dir, server.url)
    const client = await signUp(server.url, about.account)
    const [name = ''] = Object.keys(about.packages)
    const again = await publish(client, makeUpload({ name, version: '1.0.0' }, 'other bytes'))
    assert.equal(again.status, 409)
    const next = makeUpload({ name, version: '77.0.0' })
    assert.equal((await publish(client, next)).status, 201)
    await assertServedWhole(server.url, name)
    await assertNothingFound(dir, server.url)
    assertNoTrouble(server.lines)
  })

  test(`the data folder of ${about.release} locates packages once it has this release's rules`, async () => {
    await using folder = await makeFolder('release')
    const dir = await unpack(folder, about)
    const js = join(folder.path, 'js')
    await putPackage(join(js, 'scanned'), { name: 'scanned', version: '1.0.0' })
    const flags = ['--jsregistry-directoryscanner-folder', js]
    {
      await using server = await startServer({ dir, flags })
      const refusals = async (): Promise<readonly LogLine[]> =>
        server.lines.filter(({ event }) => event === 'located_refused')
      const [said] = await untilAnswer('the refusal', refusals, ({ length }) => length > 0)
      assert.match(String(said?.['next']), /"stele rules update" changes them/)
      await assertNothingFound(dir, server.url)
    }
    assert.equal((await stele(dir, 'rules', 'update', '--dir', dir)).code, 0)
    await using server = await startServer({ dir, flags })
    await untilLocated(server.url, 'scanned', '1.0.0')
    await assertNothingFound(dir, server.url)
    assertNoTrouble(server.lines)
  })

  test(`the data folder of ${about.release} takes this release's rules and engine`, async () => {
    await using folder = await makeFolder('release')
    const dir = await unpack(folder, about)
    const { code, shown } = await stele(dir, 'rules', 'update', '--dir', dir)
    assert.equal(code, 0, shown)
    await using server = await startServer({ dir })
    const client = await signUp(server.url, about.account)
    const [name = ''] = Object.keys(about.packages)
    const next = makeUpload({ name, version: '77.0.0' })
    assert.equal((await publish(client, next)).status, 201)
    await assertNothingFound(dir, server.url)
    assertNoTrouble(server.lines)
  })
}

for (const about of releases.filter(({ retired }) => retired)) {
  test(`the data folder of ${about.release} is refused, with its name and what to do`, async () => {
    await using folder = await makeFolder('release')
    const dir = await unpack(folder, about)
    const before = await readFile(join(dir, 'public', '-', 'log', 'checkpoint'), 'utf8')
    const { code, stderr, shown } = await stele(dir, 'serve', '--dir', dir, '--port', '0')
    assert.equal(code, 4, shown)
    assert.match(stderr, new RegExp(`begun by the release at commit ${about.release}`))
    assert.match(stderr, new RegExp(`git checkout ${about.release}`))
    assert.equal(await readFile(join(dir, 'public', '-', 'log', 'checkpoint'), 'utf8'), before)
    const verified = await stele(dir, 'verify', join(dir, 'public'))
    assert.equal(verified.code, 4, verified.shown)
    assert.match(verified.stderr, new RegExp(`begun by the release at commit ${about.release}`))
  })
}
