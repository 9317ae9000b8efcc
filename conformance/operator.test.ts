// What an operator does at the command line: with the server running, with it stopped, and wrongly.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Finished, runProgram, spawnOwn, waitForLine } from './processes.ts'
import { makeUpload, signUp } from './registry-client.ts'
import { assertNoTrouble, mainFile, readCheckpoint, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

function stele(folder: Folder, ...args: string[]): Promise<Finished> {
  return runProgram(process.execPath, [mainFile, ...args], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path },
  })
}

async function reports(folder: Folder, ...args: string[]): Promise<unknown> {
  const { code, stdout, shown } = await stele(folder, ...args, '--json')
  assert.equal(code, 0, shown)
  return JSON.parse(stdout)
}

test('the operator adds, lists and removes users, on a running server and on the folder of a stopped one', async () => {
  await using folder = await makeFolder('operator')
  const dir = ['--dir', folder.path]
  const early = await stele(folder, 'user', 'add', 'early', ...dir)
  assert.equal(early.code, 1)
  assert.match(early.stderr, /there is no registry in it/)
  await (await startServer({ dir: folder.path })).stop()
  await reports(folder, 'user', 'add', 'early', ...dir)
  {
    await using server = await startServer({ dir: folder.path, flags: ['--sign-up', 'closed'] })
    const { code, shown } = await stele(
      folder,
      'user',
      'add',
      'alice',
      '--password',
      'correct horse',
      ...dir,
    )
    assert.equal(code, 0, shown)
    assert.ok(!shown.includes('correct horse') || shown.includes('alice'))
    const alice = await signUp(server.url, 'alice') // Logs in: signing up is closed.
    const { document } = makeUpload({ name: 'a', version: '1.0.0' })
    assert.equal((await alice.send('PUT', '/a', document)).status, 201)
    assert.match((await stele(folder, 'user', 'list', ...dir)).stdout, /^alice .*\nearly .*\n$/)
    assert.match(
      (await stele(folder, 'user', 'remove', 'alice', ...dir)).stdout,
      /tokens of "alice"/,
    )
    const second = makeUpload({ name: 'a', version: '1.0.1' })
    assert.equal((await alice.send('PUT', '/a', second.document)).status, 401)
    assertNoTrouble(server.lines)
  }
  assert.match((await stele(folder, 'user', 'list', ...dir)).stdout, /^early .*\n$/)
})

test('whoever may not read the data folder is told so, and not that it holds no registry', async (t) => {
  await using folder = await makeFolder('operator')
  await (await startServer({ dir: folder.path })).stop()
  const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {} // "nobody": root may read everything.
  const run = (...args: string[]): Promise<Finished> =>
    runProgram(process.execPath, [mainFile, ...args], { cwd: '/', env: {}, ...uid })
  if ((await run('--version')).code !== 0) return t.skip('nobody cannot read this checkout')
  const refused = async (): Promise<void> => {
    for (const command of [
      ['user', 'list'],
      ['reserve', 'list'],
      ['admin', 'rebuild'],
    ]) {
      const { code, stderr, shown } = await run(...command, '--dir', folder.path)
      assert.equal(code, 1, shown)
      assert.match(
        stderr,
        /^Cannot use ".*stele-operator-.*": permission denied; run this as the user/,
      )
    }
  }
  await chmod(folder.path, 0o000)
  await refused()
  await chmod(folder.path, 0o755)
  await chmod(join(folder.path, 'stele.db'), 0o000)
  await refused()
})

test('a scope reserved by the operator is published to by its account alone', async () => {
  await using folder = await makeFolder('operator')
  await using server = await startServer({ dir: folder.path })
  const [alice, bob] = [await signUp(server.url, 'alice'), await signUp(server.url, 'bob')]
  const dir = ['--dir', folder.path]
  await reports(folder, 'reserve', 'add', '@team/*', '--for', 'alice', ...dir)
  const { document } = makeUpload({ name: '@team/a', version: '1.0.0' })
  assert.equal((await bob.send('PUT', '/@team%2fa', document)).status, 403)
  assert.equal((await alice.send('PUT', '/@team%2fa', document)).status, 201)
  assert.match((await stele(folder, 'reserve', 'list', ...dir)).stdout, /^@team\/\* +for alice\n$/)
  await reports(folder, 'reserve', 'remove', '@team/*', ...dir)
  assert.match((await stele(folder, 'reserve', 'list', ...dir)).stdout, /^Nothing is reserved\n$/)
  const other = makeUpload({ name: '@team/b', version: '1.0.0' })
  assert.equal((await bob.send('PUT', '/@team%2fb', other.document)).status, 201)
})

test('a scope can be shared: several accounts at once, one more later, one fewer, all gone', async () => {
  await using folder = await makeFolder('operator')
  await using server = await startServer({ dir: folder.path })
  const names = ['alice', 'bob', 'carol', 'dave']
  const people = await Promise.all(names.map((name) => signUp(server.url, name)))
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, shown } = await stele(folder, 'reserve', ...args, '--dir', folder.path)
    assert.equal(code, 0, shown)
    return stdout
  }
  let number = 0
  const mayPublish = async (): Promise<readonly string[]> => {
    const allowed: string[] = []
    for (const [index, person] of people.entries()) {
      const name = `@team/p${number++}`
      const { document } = makeUpload({ name, version: '1.0.0' })
      const { status, json } = await person.send('PUT', `/${name.replace('/', '%2f')}`, document)
      if (status === 201) allowed.push(names[index] ?? '')
      else assert.match(JSON.stringify(json), /the name is reserved for \\"alice\\"/)
    }
    return allowed
  }
  const added = await run('add', '@team/*', '--for', 'bob,alice')
  assert.match(
    added,
    /^"@team\/\*" is now reserved for "alice", "bob" \(entries \d+, \d+ of the log\)\n$/,
  )
  assert.deepEqual(await mayPublish(), ['alice', 'bob'])
  assert.match(
    await run('add', '@team/*', '--for', 'carol'),
    /for "alice", "bob", "carol" \(entry /,
  )
  assert.equal(await run('list'), '@team/*  for alice, bob, carol\n')
  assert.deepEqual(await mayPublish(), ['alice', 'bob', 'carol'])
  assert.match(
    await run('remove', '@team/*', '--for', 'bob'),
    /still reserved for "alice", "carol"/,
  )
  assert.deepEqual(await mayPublish(), ['alice', 'carol'])
  assert.match(await run('remove', '@team/*'), /is no longer reserved \(entry \d+ of the log\)/)
  assert.deepEqual(await mayPublish(), names)
})

test('a reservation that is refused, or there already, takes no place in the log', async () => {
  await using folder = await makeFolder('operator')
  await using server = await startServer({ dir: folder.path })
  await signUp(server.url, 'alice')
  const run = (...args: string[]): Promise<Finished> =>
    stele(folder, 'reserve', ...args, '--dir', folder.path)
  assert.equal((await run('add', '@team/*', '--for', 'alice')).code, 0)
  const { size } = await readCheckpoint(server.url)
  const again = await run('add', '@team/*', '--for', 'alice')
  assert.match(again.stdout, /"@team\/\*" is already reserved for "alice"/)
  const taken = await run('add', '@team/*')
  assert.match(taken.stderr, /it is reserved for "alice"/)
  const stranger = await run('add', '@other/*', '--for', 'zed')
  assert.match(stranger.stderr, /There is no account "zed"\n.*stele user list/)
  const half = await run('add', '@team/*', '--for', 'operator,zed')
  assert.match(half.stderr, /There is no account "zed"/)
  assert.match((await run('remove', '@other/*')).stderr, /"@other\/\*" is not reserved/)
  const none = await run('remove', '@team/*', '--for', 'alice,operator')
  assert.match(none.stderr, /is not reserved for "operator", but for "alice"/)
  assert.equal((await readCheckpoint(server.url)).size, size)
})

test('a version that is taken down is gone from its package, and its tarball says why', async () => {
  await using folder = await makeFolder('operator')
  await using server = await startServer({ dir: folder.path })
  const alice = await signUp(server.url, 'alice')
  for (const version of ['1.0.0', '1.1.0']) {
    const { document } = makeUpload({ name: '@s/a', version })
    assert.equal((await alice.send('PUT', '/@s%2fa', document)).status, 201)
  }
  const args = ['takedown', '@s/a@1.1.0', '--reason', 'it stole keys', '--dir', folder.path]
  const unsure = await stele(folder, ...args)
  assert.equal(unsure.code, 2, 'Nobody is there to confirm it')
  assert.match(unsure.stderr, /would delete @s\/a@1\.1\.0 \(\d+ bytes\) for good; say --yes/)
  const { code, stdout, shown } = await stele(folder, ...args, '--yes')
  assert.equal(code, 0, shown)
  assert.match(stdout, /^Took down @s\/a@1\.1\.0 .*; entry \d+ of the log says so\n$/)
  const packument = await fetch(`${server.url}/@s%2fa`)
  const { versions, 'dist-tags': tags } = parsePackument(await packument.json())
  assert.deepEqual([Object.keys(versions), tags], [['1.0.0'], { latest: '1.0.0' }])
  const tarball = await fetch(`${server.url}/@s/a/-/a-1.1.0.tgz`)
  assert.equal(tarball.status, 451)
  assert.match(await tarball.text(), /the operator took it down \(\\"it stole keys\\"\)/)
  assert.match((await stele(folder, ...args, '--yes')).stderr, /its bytes are not in the log/)
  const told = server.lines.filter((line) => line.event === 'admin')
  assert.deepEqual(
    told.map(({ action, reason }) => [action, reason]),
    [['take_down', 'it stole keys']],
  )
})

test('a version stays in its package when the root key that a takedown needs is on another machine', async () => {
  await using folder = await makeFolder('operator')
  const dir = ['--dir', folder.path]
  const rootKey = join(folder.path, 'keys', 'root.key')
  await (await startServer({ dir: folder.path })).stop()
  await rename(rootKey, `${rootKey}.elsewhere`)
  {
    await using server = await startServer({ dir: folder.path })
    const alice = await signUp(server.url, 'alice')
    const { document } = makeUpload({ name: 'a', version: '1.0.0' })
    assert.equal((await alice.send('PUT', '/a', document)).status, 201)
    const before = await readCheckpoint(server.url)
    const refused = await stele(folder, 'takedown', 'a@1.0.0', '--reason', 'r', '--yes', ...dir)
    assert.equal(refused.code, 1, refused.shown)
    assert.match(
      refused.stderr,
      /its root key is not in the data folder\n.*Put keys\/root\.key back/,
    )
    assert.equal((await readCheckpoint(server.url)).size, before.size)
    const packument = await fetch(`${server.url}/a`)
    assert.deepEqual(Object.keys(parsePackument(await packument.json()).versions), ['1.0.0'])
  }
  await rename(`${rootKey}.elsewhere`, rootKey)
  await reports(folder, 'takedown', 'a@1.0.0', '--reason', 'r', '--yes', ...dir)
})

test('a password comes from standard input, and is in no line of the log', async () => {
  await using folder = await makeFolder('operator')
  await using server = await startServer({ dir: folder.path, flags: ['--sign-up', 'closed'] })
  const line = `printf 'correct horse\\n' | "$0" "$@"`
  const args = [mainFile, 'user', 'add', 'alice', '--password-stdin', '--dir', folder.path]
  const { code, shown } = await runProgram('sh', ['-c', line, process.execPath, ...args], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path },
  })
  assert.equal(code, 0, shown)
  await signUp(server.url, 'alice')
  assert.ok(!JSON.stringify(server.lines).includes('correct horse'))
})

function parsePackument(value: unknown): { versions: object; 'dist-tags': unknown } {
  assert.ok(typeof value === 'object' && value !== null)
  assert.ok('versions' in value && 'dist-tags' in value)
  assert.ok(typeof value.versions === 'object' && value.versions !== null)
  return { versions: value.versions, 'dist-tags': value['dist-tags'] }
}

// arguments, exit status, what the message must say
const mistakes: readonly (readonly [string[], number, RegExp])[] = [
  [['servo'], 2, /no command "servo"; did you mean "serve"/],
  [['user'], 2, /Say what to do: add <name>, password <name>, remove <name> or list/],
  [['user', 'add'], 2, /needs a name/],
  [['user', 'add', 'Not A Name'], 1, /account name "Not A Name"/],
  [['user', 'remove', 'nobody'], 1, /There is no account "nobody"/],
  [['user', 'list', '--wrong'], 2, /^Unknown option --wrong$/m],
  [['serve', '--prot', '80'], 2, /^Unknown option --prot; did you mean --port\?$/m],
  [['reserve'], 2, /add <name>, remove <name> or list/],
  [['reserve', 'add', '@x/*', '--for', 'a,'], 2, /with commas between/],
  [['reserve', 'list', 'x'], 2, /add <name>, remove <name> or list/],
  [['reserve', 'add', '@x/*', '--for', 'nobody'], 1, /There is no account "nobody"/],
  [['takedown'], 2, /name@version/],
  [['takedown', 'x', '--reason', 'r', '--yes'], 1, /it names no tarball/],
  [['takedown', 'x@1.0.0', '--reason', 'r', '--yes'], 1, /x@1\.0\.0: it is not in this registry/],
  [['takedown', '0', '--reason', 'r'], 2, /body, effects or values/],
  [['takedown', '0', '--part', 'leaf', '--reason', 'r'], 2, /body, effects or values/],
  [['takedown', '0', '--part', 'body', '--reason', 'r'], 2, /say --yes/],
  [['takedown', '0', '--part', 'body', '--reason', 'r', '-y'], 1, /without the first entry/],
  [['takedown', '999', '--part', 'body', '--reason', 'r', '-y'], 1, /the log has the entries 0 to/],
  [['takedown', 'a'.repeat(128), '--reason', 'r', '-y'], 1, /it names no tarball/],
  [['reserve', 'add', 'bad name'], 1, /^Cannot use the package name "bad name": it has characters/],
  [
    ['reserve', 'add', '@x'],
    1,
    /^Cannot use the package name "@x": a scope is reserved as "@x\/\*"$/m,
  ],
  [['reserve', 'remove', '@x'], 1, /"@x" is not reserved; "stele reserve list" shows what is/],
  [
    ['rules', 'sign', 'missing.json'],
    1,
    /^Cannot use "missing.json": there is no such file or folder$/m,
  ],
  [['rules', 'sign', 'wrong.yaml', '--with', 'no.key'], 1, /wrong\.yaml/],
  [['--nonsense'], 2, /^Unknown option --nonsense$/m],
  [['help', 'serve', 'extra'], 2, /^Too many arguments: extra$/m],
  [['rules', 'sign', '.'], 1, /^Cannot use "\.": it is a folder, not a file$/m],
  [['serve', '--config', '.'], 1, /^Cannot use "\.": it is a folder, not a file$/m],
  [['version'], 2, /"stele --version" tells the version/],
  [['serve', '--port', '1', '--port', '2'], 2, /^--port is given twice$/m],
  [['serve', '--port', '0', '--dir', '/dev/null'], 1, /\/dev\/null.*is a file/],
  [['serve', '--port', '0', '--dir', '/proc/foo'], 1, /\/proc\/foo.*cannot be made/],
  [['takedown', '0', '--part', 'body'], 2, /Say why with --reason/],
  [['serve', '--port', '70000'], 2, /^--port "70000": must be an integer from 0 to 65535$/m],
  [
    ['serve', '--config', 'missing.yaml'],
    2,
    /^--config "missing\.yaml": must be a file that is there$/m,
  ],
  [
    ['serve', '--config', 'wrong.yaml'],
    2,
    /Unknown setting prot in the file ".*wrong\.yaml"; did you mean port\?/,
  ],
  [
    ['serve', '--host', '203.0.113.1', '--port', '0'],
    1,
    /203\.0\.113\.1 port 0: this machine has no such address/,
  ],
  [['verify', 'http://localhost:1'], 4, /Cannot reach/],
  [['verify'], 2, /verify/],
  [['help', 'nothing'], 2, /no command "nothing"/],
]
const registry = await makeFolder('operator')
after(() => registry[Symbol.asyncDispose]())
before(async () => (await startServer({ dir: registry.path })).stop())

for (const [args, status, message] of mistakes) {
  test(`stele ${args.join(' ')} fails with status ${status} and says why`, async () => {
    await using folder = await makeFolder('operator')
    await writeFile(join(folder.path, 'wrong.yaml'), 'prot: 1\n')
    const env = { STELE_DIR: registry.path, PATH: process.env['PATH'], HOME: folder.path }
    const cwd = folder.path
    const { code, stderr } = await runProgram(process.execPath, [mainFile, ...args], { cwd, env })
    assert.equal(code, status, stderr)
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /\n\s+at /) // No stack trace.
  })
}

test('a second server on the same folder is refused, and so is one on a taken port', async () => {
  await using server = await startServer()
  await using folder = await makeFolder('operator')
  const again = await stele(folder, 'serve', '--dir', server.dir, '--port', '0')
  assert.equal(again.code, 1)
  assert.match(again.stderr, /another process is using it/)
  const dir = join(folder.path, 'data')
  const taken = await stele(folder, 'serve', '--dir', dir, '--port', String(server.port))
  assert.equal(taken.code, 1)
  assert.match(taken.stderr, /another program does/)
  assert.ok(!existsSync(dir), 'It has made nothing yet')
})

test('a name that was fixed when the log was created is not silently another', async () => {
  await using folder = await makeFolder('operator')
  await (await startServer({ dir: folder.path, flags: ['--operator', 'ops'] })).stop()
  await (await startServer({ dir: folder.path })).stop() // Nothing said is no contradiction.
  const start = (...flags: string[]): Promise<Finished> =>
    stele(folder, 'serve', '--dir', folder.path, '--port', '0', ...flags)
  const operator = await start('--operator', 'bob')
  assert.equal(operator.code, 2)
  assert.match(
    operator.stderr,
    /operator "bob" in the settings: must be "ops", as when this log was created/,
  )
  const origin = await start('--origin', 'other.example')
  assert.equal(origin.code, 2)
  assert.match(origin.stderr, /origin "other.example" in the settings: must be "localhost\//)
})

test('a person at a terminal reads lines, and nothing in them is JSON', async () => {
  await using folder = await makeFolder('operator')
  const dir = join(folder.path, 'd')
  const flags = ['serve', '--dir', dir, '--port', '0', '--log-format', 'text']
  const child = spawnOwn(process.execPath, [mainFile, ...flags], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path },
  })
  child.stdout.resume()
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  await waitForLine(child, /Ctrl-C/, 30_000)
  child.kill('SIGTERM')
  await once(child, 'close')
  assert.match(said, /Address +http:\/\/localhost:\d+/)
  assert.match(said, /root\.key/)
  assert.match(said, /localhost name for ever/)
  assert.doesNotMatch(said, /\{"/)
})

test('a log whose database is lost is not begun anew under its old name', async () => {
  await using folder = await makeFolder('operator')
  await (await startServer({ dir: folder.path })).stop()
  await rm(join(folder.path, 'stele.db'))
  const { code, stderr } = await stele(folder, 'serve', '--dir', folder.path, '--port', '0')
  assert.equal(code, 1, stderr)
  assert.match(stderr, /stele\.db.*restore it from a backup/)
})

test('a registry runs without its root key, which then takes nothing down', async () => {
  await using folder = await makeFolder('operator')
  await (await startServer({ dir: folder.path })).stop()
  await rm(join(folder.path, 'keys', 'root.key'))
  await using server = await startServer({ dir: folder.path })
  await signUp(server.url, 'alice')
  const args = ['takedown', '1', '--part', 'body', '--reason', 'r', '-y', '--dir', folder.path]
  const { code, stderr } = await stele(folder, ...args)
  assert.equal(code, 1)
  assert.match(stderr, /root key is not in the data folder/)
})

test('a damaged database is named, and is no bug', async () => {
  await using folder = await makeFolder('operator')
  await (await startServer({ dir: folder.path })).stop()
  await writeFile(join(folder.path, 'stele.db'), 'no database at all'.repeat(500))
  const { code, stderr } = await stele(folder, 'serve', '--dir', folder.path, '--port', '0')
  assert.equal(code, 1, stderr)
  assert.match(stderr, /not a database/)
})
