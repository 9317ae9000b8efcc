// Ending whatever started the server ends the server: the launcher on an older Node, npm start, npx.
import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNpm } from './npm-client.ts'
import { runProgram, spawnOwn, waitForLine } from './processes.ts'
import { repository } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const launcher = join(repository, 'packages', 'stele', 'bin', 'stele.cjs')
const startTimeoutMs = 30_000
const endTimeoutMs = 15_000
/** Makes the Node that it is loaded into say that it is an older one. */
const pretendOld =
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })\n"

type Command = (folder: Folder) => Promise<{ program: string; args: string[]; path: string }>

const own = `${join(repository, 'node_modules', '.bin')}:${process.env['PATH']}`
const starts: { readonly [name: string]: Command } = {
  'the launcher on an older Node': async (folder) => {
    const preload = await writePreload(folder)
    return { program: process.execPath, args: ['--require', preload, launcher, 'serve'], path: own }
  },
  'npm start': async (folder) => {
    const { env } = await createNpm('npm11', { folder: folder.path })
    return { program: 'npm', args: ['start', '--'], path: env['PATH'] ?? '' }
  },
  'npx stele serve': async (folder) => {
    const { env } = await createNpm('npm11', { folder: folder.path })
    return { program: 'npx', args: ['stele', 'serve'], path: env['PATH'] ?? '' }
  },
}

for (const [name, command] of Object.entries(starts)) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const) {
    test(`no server is left when "${name}" is ended by ${signal}`, async () => {
      await using folder = await makeFolder('launcher')
      const { program, args, path } = await command(folder)
      const child = spawnOwn(program, [...args, '--port', '0', '--dir', join(folder.path, 'd')], {
        cwd: repository,
        env: { PATH: path, HOME: folder.path },
      })
      child.stdout.resume()
      try {
        await waitForLine(child, /"event":"listening"/, startTimeoutMs)
        const said = collect(child)
        const closed = once(child, 'close', { signal: AbortSignal.timeout(endTimeoutMs) })
        end(child, signal)
        await closed // Its pipes close when the last process that holds them is gone.
        assert.match(said(), /"event":"stopped"/) // It stopped gracefully.
      } finally {
        killWhatIsLeft(child)
      }
    })
  }
}

const tuned = {
  'the launcher': { preload: false, env: {}, arenas: '1', flags: 2 },
  'the launcher on an older Node': { preload: true, env: {}, arenas: '1', flags: 2 },
  'MALLOC_ARENA_MAX=4': { preload: false, env: { MALLOC_ARENA_MAX: '4' }, arenas: '4', flags: 2 },
  'NODE_OPTIONS=--max-semi-space-size=8': {
    preload: false,
    env: { NODE_OPTIONS: '--max-semi-space-size=8' },
    arenas: '1',
    flags: 0,
  },
  'STELE_TUNE_MEMORY=no': {
    preload: false,
    env: { STELE_TUNE_MEMORY: 'no' },
    arenas: undefined,
    flags: 0,
  },
  'STELE_TUNE_MEMORY=no on an older Node': {
    preload: true,
    env: { STELE_TUNE_MEMORY: 'no' },
    arenas: undefined,
    flags: 0,
  },
} as const

for (const [name, { preload, env, arenas, flags }] of Object.entries(tuned)) {
  test(`a server has ${arenas ?? 'no'} arenas and ${flags} flags when it is started with ${name}`, async () => {
    await using folder = await makeFolder('launcher')
    const before = preload ? ['--require', await writePreload(folder)] : []
    const serve = ['serve', '--port', '0', '--dir', join(folder.path, 'd')]
    const args = [...before, launcher, ...serve]
    const child = spawnOwn(process.execPath, args, {
      cwd: folder.path,
      env: { PATH: own, HOME: folder.path, ...env },
    })
    child.stdout.resume()
    try {
      await waitForLine(child, /"event":"listening"/, startTimeoutMs)
      assert.ok(child.pid !== undefined)
      const children = await childrenOf(child.pid)
      assert.equal(children.length, preload ? 1 : 0, 'A recent Node becomes the server')
      const server = children[0] ?? child.pid
      const said = await startedWith(server, 'environ', 'MALLOC_ARENA_MAX=')
      assert.deepEqual(said, arenas === undefined ? [] : [`MALLOC_ARENA_MAX=${arenas}`])
      const young = await startedWith(server, 'cmdline', '--max-semi-space-size')
      const growing = await startedWith(server, 'cmdline', '--heap-growing-percent')
      assert.equal(young.length + growing.length, flags)
    } finally {
      killWhatIsLeft(child)
    }
  })
}

test('npm start serves what is built of the sources, npm run dev the sources', async () => {
  await using tools = await makeFolder('launcher')
  const { env } = await createNpm('npm11', { folder: tools.path })
  for (const [script, wanted] of [
    ['start', 'dist/bin/stele.cjs'],
    ['dev', 'packages/stele/bin/stele.cjs'],
  ] as const) {
    await using folder = await makeFolder('launcher')
    const dir = join(folder.path, 'd')
    const child = spawnOwn('npm', ['run', script, '--', '--port', '0', '--dir', dir], {
      cwd: repository,
      env: { PATH: env['PATH'], HOME: folder.path },
    })
    child.stdout.resume()
    try {
      await waitForLine(child, /"event":"listening"/, startTimeoutMs)
      assert.ok(child.pid !== undefined)
      const words = await startedWith(await lastDescendant(child.pid), 'cmdline', repository)
      assert.equal(words.at(-1), join(repository, wanted))
    } finally {
      killWhatIsLeft(child)
    }
  }
})

test('the launcher ends with the status of what it started', async () => {
  await using folder = await makeFolder('launcher')
  const preload = await writePreload(folder)
  const env = { PATH: own, HOME: folder.path }
  const run = (...args: string[]) =>
    runProgram(process.execPath, ['--require', preload, launcher, ...args], {
      cwd: folder.path,
      env,
    })
  assert.equal((await run('--version')).code, 0)
  assert.equal((await run('no-such-command')).code, 2)
})

test('the launcher says what to do when no newer Node was installed with it', async () => {
  await using folder = await makeFolder('launcher')
  const preload = await writePreload(folder)
  await mkdir(join(folder.path, 'bin'))
  const copy = join(folder.path, 'bin', 'stele.cjs')
  await copyFile(launcher, copy)
  const { code, stderr } = await runProgram(process.execPath, ['--require', preload, copy], {
    cwd: folder.path,
    env: { HOME: folder.path },
  })
  assert.equal(code, 1)
  assert.match(stderr, /needs Node 24\.15 or newer: this is Node 20\.20\.2/)
  assert.match(stderr, /--omit=optional/)
  assert.doesNotMatch(stderr, /\n\s+at /)
})

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** What a shell or npm started in the end. */
async function lastDescendant(pid: number): Promise<number> {
  const [child] = await childrenOf(pid)
  return child === undefined ? pid : lastDescendant(child)
}

/** What the program got that begins like this. */
async function startedWith(
  pid: number,
  list: 'environ' | 'cmdline',
  start: string,
): Promise<string[]> {
  const words = await readFile(`/proc/${pid}/${list}`, 'utf8')
  return words.split('\0').filter((word) => word.startsWith(start))
}

async function writePreload(folder: Folder): Promise<string> {
  const path = join(folder.path, 'pretend-old.cjs')
  await writeFile(path, pretendOld)
  return path
}

function collect(child: ChildProcessWithoutNullStreams): () => string {
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  return () => said
}

/** SIGINT as Ctrl-C sends it, to every program of the terminal; the others to the one program alone. */
function end({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  assert.ok(pid !== undefined)
  process.kill(signal === 'SIGINT' ? -pid : pid, signal)
}

function killWhatIsLeft({ pid }: ChildProcessWithoutNullStreams): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
