// What was taken down is told by nothing any more: not by packument, search, proof, static files, nor the disk.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { askAdmin } from '../packages/stele/src/server/admin.ts'
import { dataPaths } from '../packages/storage/src/data-folder.ts'
import { makePackage } from '../packages/testkit/src/tarball.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, memberOf, type RegistryClient, signUp, uploadOf } from './registry-client.ts'
import { mainFile, readCheckpoint, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const secret = 'xkwhispered'
/** What of it the search index stores as it is: a term shares its beginning with the one before. */
const written = secret.slice(2)

function stele(folder: Folder, ...args: string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  return runProgram(process.execPath, [mainFile, ...args], { cwd: folder.path, env })
}

/** Publishes a release as the latest whose readme, description, keywords and dependencies hold the secret. Gives its entry. */
async function publishSecret(alice: RegistryClient): Promise<number> {
  const manifest = {
    name: 'a',
    version: '1.0.1',
    description: secret,
    keywords: [secret],
    dependencies: { [secret]: '1.0.0' },
  }
  const tarball = makePackage(manifest, { 'README.md': `# ${secret}` })
  const upload = uploadOf(manifest, tarball)
  const { status, json } = await alice.send('PUT', '/a', upload.document)
  assert.equal(status, 201, JSON.stringify(json))
  return (await readCheckpoint(alice.url)).size - 1
}

/** Everything that strangers can ask for that has told of the release. */
async function tell(url: string): Promise<string> {
  const accept = { accept: 'application/vnd.npm.install-v1+json' }
  const queries = [{ object: '/packages/a/versions', prefix: '' }]
  const body = JSON.stringify({ queries })
  const headers = { 'content-type': 'application/json' }
  const answers = await Promise.all([
    fetch(`${url}/a`),
    fetch(`${url}/a`, { headers: accept }),
    fetch(`${url}/a/1.0.1`),
    fetch(`${url}/-/v1/search?text=a`),
    fetch(`${url}/-/stele/proof`, { method: 'POST', headers, body }),
  ])
  const texts = await Promise.all(answers.map((answer) => answer.text()))
  return texts.join('\n')
}

/** The files with this text; `start` is how their names begin. */
async function filesWith(dir: string, text: string, start = ''): Promise<readonly string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true })
  const paths = found
    .filter((file) => file.isFile() && file.name.startsWith(start))
    .map((file) => join(file.parentPath, file.name))
  const holding = await Promise.all(
    paths.map(async (path) => ((await readFile(path)).includes(text) ? [path] : [])),
  )
  return holding.flat()
}

/** The files of the database: those that a running server does not take away in between. */
function databaseFilesWith(dir: string, text: string): Promise<readonly string[]> {
  return filesWith(dir, text, 'stele.db')
}

test('a release whose tarball, values and body are taken down is told by nothing, verify excepts it, and the package goes on', async () => {
  await using folder = await makeFolder('takedown')
  await using server = await startServer({ dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  const publish = async (version: string) => {
    const { document } = makeUpload({ name: 'a', version })
    return (await alice.send('PUT', '/a', document)).status
  }
  assert.equal(await publish('1.0.0'), 201)
  const entry = await publishSecret(alice)
  assert.match(await tell(server.url), new RegExp(secret))
  const flags = ['--reason', 'asked for', '--dir', folder.path]
  const parts = [
    ['a@1.0.1'],
    [String(entry), '--part', 'values'],
    [String(entry), '--part', 'body'],
  ]
  for (const part of parts) {
    const { code, shown } = await stele(folder, 'takedown', ...part, '--yes', ...flags)
    assert.equal(code, 0, shown)
  }
  const effects = [String(entry), '--part', 'effects', '--yes', ...flags]
  const kept = await stele(folder, 'takedown', ...effects)
  assert.equal(kept.code, 1, kept.shown)
  assert.match(kept.stderr, /what the registry tells of "a" is made from them/)
  assert.deepEqual(await databaseFilesWith(folder.path, written), [])
  assert.doesNotMatch(await tell(server.url), new RegExp(secret))
  const page: unknown = await (await fetch(`${server.url}/a`)).json()
  assert.match(JSON.stringify(page), /"1\.0\.0":\{/)
  assert.doesNotMatch(JSON.stringify(page), /"1\.0\.1":\{/)
  const { document } = makeUpload({ name: 'a', version: '1.0.1' })
  const again = await alice.send('PUT', '/a', document)
  assert.deepEqual([again.status, memberOf(again.json, 'code')], [409, 'version_exists'])
  assert.match(String(memberOf(again.json, 'error')), /this one was unpublished/)
  const tagged = await alice.send('PUT', '/-/package/a/dist-tags/next', '1.0.1')
  assert.deepEqual([tagged.status, memberOf(tagged.json, 'code')], [404, 'version_not_found'])
  assert.equal(await publish('1.0.2'), 201)
  const verified = await stele(folder, 'verify', server.url)
  assert.equal(verified.code, 3, verified.shown)
  await server.stop()
  assert.deepEqual(await filesWith(folder.path, written), [])
})

test('the values of the entry that first published a package are taken down but for those that the rules read, and the package goes on', async () => {
  await using folder = await makeFolder('takedown')
  await using server = await startServer({ dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  const publish = async (client: RegistryClient, version: string) => {
    const { document } = makeUpload({ name: 'a', version })
    const { status, json } = await client.send('PUT', '/a', document)
    assert.equal(status, 201, JSON.stringify(json))
  }
  const entry = await publishSecret(alice)
  const flags = ['--reason', 'a name', '--yes', '--dir', folder.path]
  const values = [String(entry), '--part', 'values', ...flags]
  const early = await stele(folder, 'takedown', ...values)
  assert.equal(early.code, 1, early.shown)
  assert.match(early.stderr, /the release a@1\.0\.1; remove it first \(stele takedown a@1\.0\.1\)/)
  const removed = await stele(folder, 'takedown', 'a@1.0.1', ...flags)
  assert.equal(removed.code, 0, removed.shown)
  const done = await stele(folder, 'takedown', ...values)
  assert.equal(done.code, 0, done.shown)
  assert.match(done.shown, /Took down 3 of the \d+ values of entry/)
  assert.match(done.shown, /Stays: the origin of "a", which the registry's rules read/)
  assert.deepEqual(await databaseFilesWith(folder.path, '"dependencies":{"xk'), [])
  await publish(alice, '1.0.2')
  const again = await stele(folder, 'takedown', ...values)
  assert.equal(again.code, 1, again.shown)
  assert.match(again.stderr, /still uses the owners of "a".* It also uses the origin of "a"/)
  const socket = dataPaths(folder.path).adminSocket
  const whole = { do: 'take_down', withhold: [{ entry, part: 'values' }], reason: 'x' } as const
  const refusal = { code: 'takedown_refused', message: /uses the origin of "a"/ }
  await assert.rejects(askAdmin(socket, whole), refusal)
  await server.stop()
  const rebuilt = await stele(folder, 'admin', 'rebuild', '--dir', folder.path)
  assert.equal(rebuilt.code, 0, rebuilt.shown)
  await using restarted = await startServer({ dir: folder.path })
  const same = await signUp(restarted.url, 'alice')
  await publish(same, '1.0.3')
  const first = await stele(folder, 'verify', restarted.url, '--json')
  assert.equal(first.code, 3, first.shown)
  const { exceptions } = JSON.parse(first.stdout)
  assert.deepEqual(
    exceptions.map((one: { unchecked: string; from: number }) => [one.unchecked, one.from]),
    [['content', entry]],
  )
  const body = await stele(folder, 'takedown', String(entry), '--part', 'body', ...flags)
  assert.equal(body.code, 0, body.shown)
  await publish(same, '1.0.4')
  assert.doesNotMatch(await tell(restarted.url), new RegExp(secret))
  const verified = await stele(folder, 'verify', restarted.url)
  assert.equal(verified.code, 3, verified.shown)
  await restarted.stop()
  const folderUrl = join(folder.path, 'public')
  const copy = await stele(folder, 'verify', folderUrl)
  assert.equal(copy.code, 3, copy.shown)
  const files = await filesWith(folder.path, written)
  const verifiersOwn = join(folder.path, '.cache') // Read before the takedown of the body.
  assert.deepEqual(
    files.filter((path) => !path.startsWith(verifiersOwn)),
    [],
  )
})

test('what the registry still uses is changed before it is taken down', async () => {
  await using folder = await makeFolder('takedown')
  await using server = await startServer({ dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  const { document } = makeUpload({ name: 'a', version: '1.0.0' })
  assert.equal((await alice.send('PUT', '/a', document)).status, 201)
  const deprecate = async (deprecated: string): Promise<number> => {
    const packument = JSON.parse(await (await fetch(`${server.url}/a`)).text())
    Object.assign(packument.versions['1.0.0'], { deprecated })
    const { status, json } = await alice.send('PUT', '/a', packument)
    assert.equal(status, 200, JSON.stringify(json))
    return (await readCheckpoint(server.url)).size - 1
  }
  const entry = await deprecate(`written by ${secret}`)
  const takeDown = (part: string): Promise<Finished> => {
    const which = [String(entry), '--part', part, '--reason', 'a name', '--yes']
    return stele(folder, 'takedown', ...which, '--dir', folder.path)
  }
  const early = await takeDown('values')
  assert.equal(early.code, 1, early.shown)
  assert.match(early.stderr, /still uses the notices of "a"; change them first/)
  await deprecate('use b')
  for (const part of ['values', 'body']) {
    const { code, shown } = await takeDown(part)
    assert.equal(code, 0, shown)
  }
  await deprecate('use c')
  const verified = await stele(folder, 'verify', server.url)
  assert.equal(verified.code, 3, verified.shown)
  assert.doesNotMatch(await tell(server.url), new RegExp(secret))
})

test('the effects of a reservation are taken down after its values, and a rebuilt registry verifies', async () => {
  await using folder = await makeFolder('takedown')
  await using server = await startServer({ dir: folder.path })
  await signUp(server.url, 'alice')
  const own = ['--dir', folder.path]
  const run = async (...args: string[]): Promise<string> => {
    const { code, shown } = await stele(folder, ...args, ...own)
    assert.equal(code, 0, shown)
    return shown
  }
  await run('reserve', 'add', `@${secret}/*`, '--for', 'alice')
  const entry = String((await readCheckpoint(server.url)).size - 1)
  const flags = ['--reason', 'a name', '--yes']
  const effects = ['takedown', entry, '--part', 'effects', ...flags]
  const used = await stele(folder, ...effects, ...own)
  assert.equal(used.code, 1, used.shown)
  assert.match(used.stderr, /uses the reservation .* \(stele reserve remove '@xkwhispered\/\*'\)/)
  await run('reserve', 'remove', `@${secret}/*`)
  const early = await stele(folder, ...effects, ...own)
  assert.equal(early.code, 1, early.shown)
  assert.match(early.stderr, /take down its values first/)
  await run('takedown', entry, '--part', 'values', ...flags)
  await run(...effects)
  const both = await stele(folder, 'takedown', entry, '--part', 'body', ...flags, ...own)
  assert.equal(both.code, 1, both.shown)
  assert.match(both.stderr, /only its body or its effects can be taken down, not both/)
  await server.stop()
  await run('admin', 'rebuild')
  await using restarted = await startServer({ dir: folder.path })
  const verified = await stele(folder, 'verify', restarted.url)
  assert.equal(verified.code, 3, verified.shown)
  const again = await stele(folder, 'takedown', entry, '--part', 'values', ...flags, ...own)
  assert.equal(again.code, 1, again.shown)
})

test('"takedown" says that its bytes are not gone when another program reads the database, and the server erases them afterwards', {
  timeout: 60_000,
}, async () => {
  await using folder = await makeFolder('takedown')
  await using server = await startServer({ dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  const entry = await publishSecret(alice)
  const reader = new DatabaseSync(join(folder.path, 'stele.db'), { readOnly: true })
  try {
    reader.exec('BEGIN; SELECT count(*) FROM entry')
    const flags = ['--reason', 'asked for', '--dir', folder.path, '--yes']
    for (const part of [['a@1.0.1'], [String(entry), '--part', 'values']]) {
      const { code, shown } = await stele(folder, 'takedown', ...part, ...flags)
      assert.equal(code, 0, shown)
      assert.match(shown, /not gone from the disk yet: another program is reading the database/)
    }
    const body = [String(entry), '--part', 'body', '--json']
    const { stdout } = await stele(folder, 'takedown', ...body, ...flags)
    assert.match(stdout, /"left": ?"another program/)
    assert.notDeepEqual(await databaseFilesWith(folder.path, written), [])
    const { document } = makeUpload({ name: 'b', version: '1.0.0' })
    assert.equal((await alice.send('PUT', '/b', document)).status, 201)
  } finally {
    reader.close()
  }
  const told = (event: string): number => server.lines.filter((line) => line.event === event).length
  while (told('takedown_finished') === 0) await readCheckpoint(server.url) // Until it was tried again.
  assert.equal(told('takedown_unfinished'), 1)
  assert.deepEqual(await databaseFilesWith(folder.path, written), [])
})
