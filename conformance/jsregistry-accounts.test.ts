// Who may upload: docs/jsregistry.md, "Who may upload", as a table of credentials that curl sends.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { makeZip } from '../packages/faces/test/make-zip.ts'
import { createNpm, credentials } from './npm-client.ts'
import { setFolder } from './npm-world.ts'
import { runProgram } from './processes.ts'
import { makeUpload, memberOf, publish, type RegistryClient, signUp } from './registry-client.ts'
import {
  assertNoTrouble,
  assertVerifies,
  readCheckpoint,
  type Server,
  startServer,
} from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const password = 'correct horse'

/** npm, whose registry is the tree alone. */
test('npm logs in at the tree of a registry that only accounts may read, installs, and is told where to publish', async () => {
  await using folder = await makeFolder('jsregistry-login')
  await using server = await startServer({ flags: ['--access', 'authenticated'] })
  const max = await signUp(server.url, 'max')
  const release = makeUpload({ name: 'map', version: '3.1.0' })
  assert.equal((await publish(max, release)).status, 201)
  const registry = `${server.url}/resources/jsregistry/root`
  const npm = await createNpm('npm12', { folder: folder.path, registry })
  const cwd = join(folder.path, 'own')
  await setFolder(cwd, { 'package.json': { name: 'own', version: '1.0.0' } })
  const refused = await npm.run(['install', 'map'], { cwd })
  assert.match(refused.shown, /run "npm login"/)
  const answers = credentials('max', password)
  const login = await npm.run(['login', '--auth-type=legacy'], { cwd, answers })
  assert.equal(login.code, 0, login.shown)
  for (const words of ['whoami', 'install map', 'view map', 'search map', 'dist-tag ls map']) {
    const { code, shown } = await npm.run(words.split(' '), { cwd })
    assert.equal(code, 0, `${words}: ${shown}`)
  }
  const told = await npm.run(['publish'], { cwd })
  assert.ok(told.shown.includes(`Add "--registry ${server.url}/" to the command`), told.shown)
  assertNoTrouble(server.lines)
})

const maxFailures = 20

suite('an archive', () => {
  let folder: Folder
  let server: Server
  let max: RegistryClient
  let reading: string
  before(async () => {
    folder = await makeFolder('jsregistry-accounts')
    server = await startServer()
    max = await signUp(server.url, 'max')
    await signUp(server.url, 'moritz')
    const wish = { password, readonly: true, cidr_whitelist: [] }
    const made = await max.send('POST', '/-/npm/v1/tokens', wish)
    reading = String(memberOf(made.json, 'token'))
  })
  after(async () => {
    for (const opened of [server, folder]) await opened[Symbol.asyncDispose]()
  })

  let uploads = 0
  type Sent = { readonly status: number; readonly json: unknown; readonly challenge: string }

  /** Uploads a package of this name, a new version each time. */
  async function upload(credentials: readonly string[], name = 'map'): Promise<Sent> {
    const manifest = { name, version: `1.0.${uploads++}` }
    const zip = makeZip([{ path: 'package.json', content: JSON.stringify(manifest) }])
    await writeFile(join(folder.path, 'a.zip'), zip)
    const form = ['-sS', '-D', '-', '-F', 'file=@a.zip', ...credentials]
    const address = `${server.url}/resources/jsregistry/upload`
    const env = { PATH: process.env['PATH'] }
    const { code, shown } = await runProgram('curl', [...form, address], { cwd: folder.path, env })
    assert.equal(code, 0, shown)
    const answer = shown.slice(shown.lastIndexOf('HTTP/1.1 '))
    return {
      status: Number(answer.split(' ')[1]),
      json: JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))),
      challenge: /^www-authenticate: (.*)\r$/im.exec(answer)?.[1] ?? '',
    }
  }

  const bearer = (token: string): readonly string[] => ['-H', `Authorization: Bearer ${token}`]
  const rows: readonly (readonly [string, () => readonly string[], number, RegExp])[] = [
    ['with a token', () => bearer(max.token), 201, /map@1/],
    ['with a name and a password', () => ['-u', `max:${password}`], 201, /map@1/],
    [
      'with a name and a password that are sent once they are asked for',
      () => ['--anyauth', '-u', `max:${password}`],
      201,
      /map@1/,
    ],
    ['without credentials', () => [], 401, /has no credentials/],
    ['with a wrong password', () => ['-u', 'max:wrong'], 401, /password/],
    ['as nobody', () => ['-u', `nobody:${password}`], 401, /password/],
    ['with a wrong token', () => bearer('npm_wrong'), 401, /token/],
    ['with a token that may only read', () => bearer(reading), 403, /may only read/],
    ['as somebody who does not own the name', () => ['-u', `moritz:${password}`], 403, /map/],
    ['with another scheme', () => ['-H', 'Authorization: Digest x'], 401, /another scheme than/],
  ]
  for (const [title, credentials, status, text] of rows) {
    test(`${title} is answered with ${status}, and ${status === 201 ? 'published' : 'nothing is logged'}`, async () => {
      const { size } = await readCheckpoint(server.url)
      const sent = await upload(credentials())
      const said = JSON.stringify(sent.json)
      assert.equal(sent.status, status, said)
      assert.match(said, text)
      assert.equal(sent.challenge !== '', status === 401)
      const now = await readCheckpoint(server.url)
      if (status === 201) assert.ok(now.size > size)
      else assert.equal(now.size, size)
    })
  }

  test("of a new name may be uploaded by any account, and is then that account's", async () => {
    assert.equal((await upload(['-u', `moritz:${password}`], 'tiles')).status, 201)
    assert.equal((await upload(bearer(max.token), 'tiles')).status, 403)
    await assertVerifies(server.url)
  })

  test('is refused to whoever guesses passwords, after so many as at a log-in', async () => {
    const statuses: number[] = []
    for (let at = 0; at <= maxFailures; at++) {
      const { status, json } = await upload(['-u', `max:guess ${at}`])
      statuses.push(status)
      if (status === 423) assert.match(String(memberOf(json, 'error')), /log-ins/)
    }
    assert.ok(statuses.filter((status) => status === 401).length <= maxFailures)
    assert.equal(statuses.at(-1), 423)
    assert.equal((await upload(bearer(max.token))).status, 201, 'a token is no guess')
  })
})
