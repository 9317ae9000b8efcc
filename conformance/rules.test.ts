// Changing what a log runs: a server on other rules than its release's, the one-step way, and signing elsewhere.
import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { engines, parseEngine } from '../packages/host/src/index.ts'
import { rulesScript } from '../packages/registry/src/index.ts'
import { createEd25519Signer } from '../packages/tlog/src/public/keys.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { assertNoTrouble, mainFile, readCheckpoint, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

function stele(folder: Folder, ...args: string[]): Promise<Finished> {
  return runProgram(process.execPath, [mainFile, ...args], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path },
  })
}

async function reports(folder: Folder, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, shown } = await stele(folder, ...args, '--json')
  assert.equal(code, 0, shown)
  return JSON.parse(stdout)
}

async function refusal(folder: Folder, ...args: string[]): Promise<string> {
  const { code, stderr, shown } = await stele(folder, ...args)
  assert.equal(code, 1, shown)
  return stderr
}

/** A data folder with a log in it, and no server. */
async function madeLog(folder: Folder): Promise<string> {
  const dir = join(folder.path, 'data')
  await mkdir(dir)
  await (await startServer({ dir })).stop()
  return dir
}

/** A data folder whose log runs rules with one comment more: those of another release, as it were. */
async function olderRules(folder: Folder): Promise<string> {
  const dir = await madeLog(folder)
  const script = join(folder.path, 'older.js')
  await writeFile(script, `${rulesScript()}// As it was.\n`)
  const file = join(folder.path, 'older.json')
  const at = ['--dir', dir]
  await reports(folder, 'rules', 'propose', '--script', script, '--out', file, ...at)
  await reports(folder, 'rules', 'sign', file, ...at)
  await reports(folder, 'rules', 'apply', file, ...at)
  return dir
}

test('a server goes on with older rules, says so, and "rules update" puts its own in force', async () => {
  await using folder = await makeFolder('rules')
  const dir = await olderRules(folder)
  await using server = await startServer({ dir })
  const differs = server.lines.find(({ event }) => event === 'rules_differ_from_release')
  assert.equal(differs?.['differs'], 'script')
  const client = await signUp(server.url, 'alice')
  await publish(client, makeUpload({ name: 'tool', version: '1.0.0' }))
  const before = await stele(folder, 'rules', 'show', '--dir', dir)
  assert.match(before.stdout, /not this release's/)
  assert.match(before.stdout, /stele rules update/)
  const { did, entry } = await reports(folder, 'rules', 'update', '--dir', dir)
  assert.equal(did, 'update')
  const after = await reports(folder, 'rules', 'show', '--dir', dir)
  assert.deepEqual(after['differs'], [])
  assert.equal((after['rules'] as { since: { script: number } }).since.script, entry)
  assert.deepEqual(await reports(folder, 'rules', 'update', '--dir', dir), { did: 'nothing' })
  await publish(client, makeUpload({ name: 'tool', version: '1.0.1' }))
  assertNoTrouble(server.lines)
  const older = hash('sha512', await readFile(join(folder.path, 'older.js')))
  const accepted = await reports(folder, 'verify', server.url, '--rules', older)
  assert.equal(accepted['verdict'], 'verified')
  // Whoever has not read the older rules is told of them.
  const { code, shown } = await stele(folder, 'verify', server.url, '--fresh')
  assert.equal(code, 3, shown)
})

test('a change is proposed here, signed where two keys lie, and put in force on a stopped folder', async () => {
  await using folder = await makeFolder('rules')
  const dir = await madeLog(folder)
  const at = ['--dir', dir]
  const { rules } = (await reports(folder, 'rules', 'show', ...at)) as {
    rules: { settings: { roots: { keys: string[] } }; origin: string }
  }
  const seed = randomBytes(32)
  const other = createEd25519Signer(`${rules.origin}/root`, seed).vkey
  const keys = [...rules.settings.roots.keys, other].join(',')
  const change = join(folder.path, 'change.json')
  const out = ['--out', change]
  const fresh = async (...args: string[]): Promise<void> => {
    await writeFile(change, '').then(() => rename(change, `${change}.old`))
    await reports(folder, 'rules', 'propose', ...args, ...out, ...at)
  }
  await fresh('--root-keys', keys, '--threshold', '2')
  await reports(folder, 'rules', 'sign', change, ...at)
  await reports(folder, 'rules', 'apply', change, ...at)
  await refusedTakedown(folder, dir)
  // From here on two must sign, and neither key is in the data folder.
  const elsewhere = join(folder.path, 'elsewhere')
  await mkdir(elsewhere)
  const [mine, theirs] = [join(elsewhere, 'mine.key'), join(elsewhere, 'theirs.key')]
  await rename(join(dir, 'keys', 'root.key'), mine)
  await writeFile(theirs, `${seed.toString('hex')}\n`)
  await fresh('--limits', 'gas=6000')
  assert.match(
    await refusal(folder, 'rules', 'apply', change, ...at),
    /has 0 of the 2 root-key signatures/,
  )
  const wrong = join(elsewhere, 'wrong.key')
  await writeFile(wrong, `${'ab'.repeat(32)}\n`)
  assert.match(
    await refusal(folder, 'rules', 'sign', change, '--with', wrong),
    /none of its root keys/,
  )
  await reports(folder, 'rules', 'sign', change, '--with', mine)
  assert.match(
    await refusal(folder, 'rules', 'apply', change, ...at),
    /has 1 of the 2 root-key signatures/,
  )
  const signed = await reports(folder, 'rules', 'sign', change, '--with', theirs)
  assert.deepEqual([signed['signed'], signed['threshold']], [2, 2])
  const twin = join(folder.path, 'twin.json')
  await copyFile(change, twin)
  await reports(folder, 'rules', 'apply', change, ...at)
  assert.match(await refusal(folder, 'rules', 'apply', twin, ...at), /something was changed/)
  const shown = await reports(folder, 'rules', 'show', ...at)
  const { settings } = shown['rules'] as { settings: { limits: { gas: number } } }
  assert.equal(settings.limits.gas, 6000)
})

/** The one key in the data folder is not enough: nothing is logged, so the version stays in its package. */
async function refusedTakedown(folder: Folder, dir: string): Promise<void> {
  await using server = await startServer({ dir })
  const alice = await signUp(server.url, 'alice')
  assert.equal((await publish(alice, makeUpload({ name: 'a', version: '1.0.0' }))).status, 201)
  const { size } = await readCheckpoint(server.url)
  const asked = ['a@1.0.0', '--reason', 'r', '--yes', '--dir', dir]
  assert.match(await refusal(folder, 'takedown', ...asked), /has 1 of the 2 root-key signatures/)
  assert.equal((await readCheckpoint(server.url)).size, size)
}

const bad: readonly [title: string, change: (text: string) => string, reason: RegExp][] = [
  ['was changed after it was signed', (text) => text.replace('6000', '7000'), /does not verify/],
  ['is for another log', (text) => text.replace(/localhost\/\w+/, 'elsewhere'), /is for the log/],
]
for (const [title, change, reason] of bad) {
  test(`"rules apply" refuses a proposal that ${title}, and logs nothing`, async () => {
    await using folder = await makeFolder('rules')
    const dir = await madeLog(folder)
    const at = ['--dir', dir]
    const file = join(folder.path, 'change.json')
    await reports(folder, 'rules', 'propose', '--limits', 'gas=6000', '--out', file, ...at)
    await reports(folder, 'rules', 'sign', file, ...at)
    await writeFile(file, change(await readFile(file, 'utf8')))
    assert.match(await refusal(folder, 'rules', 'apply', file, ...at), reason)
    assert.deepEqual((await reports(folder, 'rules', 'show', ...at))['differs'], [])
  })
}

const unmeant: readonly [args: readonly string[], reason: RegExp][] = [
  [['--limits', 'speed=1'], /"speed" is not known to this engine; there are gas, memory, /],
  [['--limits', 'gas=0'], /"gas" is not a whole number from 1 to/],
  [['--keys', 'foo'], /--keys "foo": is not a key/],
  [['--keys', ''], /--keys needs a value/],
  [['--keys', 'a,,b'], /--keys needs one or more/],
  [['--root-keys', 'foo'], /--root-keys "foo": is not a key/],
]
test('"rules propose" refuses what nobody can have meant, with status 2, and writes no file', async () => {
  await using folder = await makeFolder('rules')
  const dir = await madeLog(folder)
  for (const [args, reason] of unmeant) {
    const file = join(folder.path, 'change.json')
    const { code, stderr } = await stele(
      folder,
      'rules',
      'propose',
      ...args,
      '--out',
      file,
      '--dir',
      dir,
    )
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, reason)
    assert.ok(!existsSync(file))
  }
})

const dead: readonly [title: string, args: readonly string[], reason: RegExp][] = [
  ['a script that does not load', ['--script', 'broken.js'], /Cannot load the script/],
  ['limits that no engine counts', ['--limits', 'gas=1'], /"speed" is not known/],
  ['keys without the one that signs', ['--keys', 'KEY'], /its keys lack/],
]
for (const [title, args, reason] of dead) {
  test(`"rules apply" refuses ${title}: the log could not go on`, async () => {
    await using folder = await makeFolder('rules')
    const dir = await madeLog(folder)
    const at = ['--dir', dir]
    await writeFile(join(folder.path, 'broken.js'), 'let let')
    const key = createEd25519Signer('localhost/x', randomBytes(32)).vkey
    const file = join(folder.path, 'change.json')
    const wish = args.map((arg) => (arg === 'KEY' ? key : arg))
    await reports(folder, 'rules', 'propose', ...wish, '--out', file, ...at)
    // Made with another release, or by hand.
    await writeFile(file, (await readFile(file, 'utf8')).replace('"gas": 1,', '"speed": 1,'))
    await reports(folder, 'rules', 'sign', file, ...at)
    assert.match(await refusal(folder, 'rules', 'apply', file, ...at), reason)
    await using server = await startServer({ dir })
    await signUp(server.url, 'alice')
    assertNoTrouble(server.lines)
  })
}

test('"takedown" refuses the script, the engine and the parts of it that the log runs', async () => {
  await using folder = await makeFolder('rules')
  const dir = await madeLog(folder)
  const { name, blob } = engines.fresh
  const { parts } = parseEngine(Buffer.from(blob))
  for (const one of [hash('sha512', rulesScript()), name, parts['wasm'] ?? '']) {
    const args = [one, '--reason', 'no longer wanted', '--yes', '--dir', dir]
    assert.match(await refusal(folder, 'takedown', ...args), /the log runs it/)
  }
})
