// What happens to a project while somebody else changes it, and when a command ends before it is done: nothing is lost, nothing is half.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { killGroup, spawnOwn, waitForLine } from './processes.ts'
import { makeProject, type Project, steleArguments } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

suite('turns', { concurrency: 1 }, () => {
  let registry: EvilUpstream
  let folder: Folder
  let project: Project
  let count = 0
  const begin = async (
    manifest: object,
    files: { readonly [path: string]: string } = {},
  ): Promise<void> => {
    const all = { 'package.json': JSON.stringify(manifest), ...files }
    project = await makeProject(join(folder.path, `p${count++}`), registry.url, all)
  }
  const path = (...parts: readonly string[]): string => join(project.folder, ...parts)
  const read = (file: string): string => readFileSync(path(file), 'utf8')
  const stele = async (line: string, code = 0): Promise<string> => {
    const done = await project.stele(line.split(' '))
    assert.equal(done.code, code, done.shown)
    return done.shown
  }
  const start = (line: string): ReturnType<typeof spawnOwn> => {
    const { folder: cwd, env } = project
    return spawnOwn(process.execPath, steleArguments(line.split(' ')), { cwd, env })
  }
  const forgetStore = (): void =>
    rmSync(join(folder.path, 'home', 'data'), { recursive: true, force: true })
  const tarball = '/left/-/left-1.0.0.tgz'
  /** A command that is fetching, and will not end by itself. */
  const startFetching = async (line: string): Promise<ReturnType<typeof spawnOwn>> => {
    forgetStore()
    registry.asked.length = 0
    registry.spoil(tarball, { hang: true })
    const child = start(line)
    while (!registry.asked.includes(tarball)) await sleep(10)
    return child
  }

  before(async () => {
    folder = await makeFolder('client-turns')
    registry = await startEvilUpstream()
    registry.put('left', [{ version: '1.0.0' }])
    for (const name of ['one', 'two', 'three']) registry.put(name, [{ version: '1.0.0' }])
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('stele ci leaves node_modules alone until all that is to be there is fetched', async () => {
    await begin({ dependencies: { left: '1.0.0' } })
    await stele('install')
    writeFileSync(path('node_modules', 'mark'), '')
    forgetStore()
    registry.setDown(true)
    await stele('ci', 1)
    assert.ok(existsSync(path('node_modules', 'mark')))
    registry.setDown(false)
    await stele('ci --dry-run')
    assert.ok(existsSync(path('node_modules', 'mark')))
    await stele('ci')
    assert.ok(!existsSync(path('node_modules', 'mark')))
    assert.ok(existsSync(path('node_modules', 'left', 'package.json')))
  })

  test('stele ci removes nothing before it is its turn', async () => {
    await begin({ dependencies: { left: '1.0.0' } })
    await stele('install')
    writeFileSync(path('node_modules', 'mark'), '')
    rmSync(path('node_modules', '.stele', 'tree.json'))
    const other = await startFetching('install --layout hoisted')
    const ci = start('ci')
    await waitForLine(ci, /^Waiting: process/, 10_000)
    assert.ok(existsSync(path('node_modules', 'mark')))
    registry.spoil(tarball, undefined)
    killGroup(other)
    const [code] = await new Promise<unknown[]>((resolve) =>
      ci.once('close', (...ended) => resolve(ended)),
    )
    assert.equal(code, 0)
    assert.ok(!existsSync(path('node_modules', 'mark')))
    assert.ok(existsSync(path('node_modules', 'left', 'package.json')))
  })

  for (const layout of ['global', 'project', 'hoisted']) {
    test(`stele ci -w begins from scratch only where it was asked to, when the layout is ${layout}`, async () => {
      await begin(
        { workspaces: ['packages/*'], dependencies: { one: '1.0.0' } },
        {
          'packages/app/package.json': '{"name":"app","dependencies":{"two":"1.0.0"}}',
          'packages/site/package.json': '{"name":"site","dependencies":{"three":"1.0.0"}}',
          'linked/package.json': '{"name":"three","version":"2.0.0"}',
        },
      )
      await stele(`install --layout ${layout}`)
      const marks = ['.', 'packages/app', 'packages/site'].map((each) =>
        path(each, 'node_modules', '.cache', 'mark'),
      )
      for (const mark of marks) {
        mkdirSync(join(mark, '..'), { recursive: true })
        writeFileSync(mark, '')
      }
      await stele('ci -w app')
      assert.deepEqual(marks.map(existsSync), [true, false, true])
      const tree = await stele('ls -r --include-workspace-root')
      assert.doesNotMatch(tree, /missing/)
      await stele('link ./linked -C packages/site')
      await stele('ci')
      assert.deepEqual(marks.map(existsSync), [false, false, false])
      assert.doesNotMatch(await stele('install'), /linked/)
    })
  }

  test('two that change package.json at once lose nothing', async () => {
    await begin({ name: 'own', dependencies: { three: '1.0.0' } })
    await stele('install')
    await Promise.all(['add one', 'add two', 'remove three'].map((line) => stele(line)))
    assert.deepEqual(JSON.parse(read('package.json')).dependencies, {
      one: '^1.0.0',
      two: '^1.0.0',
    })
    assert.match(await stele('ci'), /^2 packages/)
  })

  test('a package.json is changed when all else is done, and not before', async () => {
    await begin({ name: 'own' })
    const before = read('package.json')
    const adding = await startFetching('add left')
    assert.equal(read('package.json'), before)
    killGroup(adding)
    registry.spoil(tarball, undefined)
    await stele('add left one')
    assert.deepEqual(JSON.parse(read('package.json')).dependencies, {
      left: '^1.0.0',
      one: '^1.0.0',
    })
  })

  type Ended = { readonly code: number | null; readonly signal: string | null }
  const endOf = (child: ReturnType<typeof spawnOwn>): Promise<Ended> =>
    new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`an installation that is asked to stop by ${signal} ends so at once, and the next one goes on`, async () => {
      await begin({ name: 'own', dependencies: { left: '1.0.0' } })
      const child = await startFetching('install')
      const startMs = performance.now()
      child.kill(signal)
      assert.deepEqual(await endOf(child), { code: null, signal })
      assert.ok(performance.now() - startMs < 2000)
      registry.spoil(tarball, undefined)
      await stele('install')
      assert.ok(existsSync(path('node_modules', 'left', 'package.json')))
    })
  }

  const ended = (code: number): Ended => ({ code, signal: null })
  const signalled: Ended = { code: null, signal: 'SIGTERM' }
  /** It says when it began, and writes how it ended. */
  const slow = `
    const { writeFileSync } = require('node:fs')
    const end = (signal) => { writeFileSync('ended', signal); process.exit(Number(process.argv[2] ?? 1)) }
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end)
    setTimeout(() => {}, 20000)
    console.error('begun')`
  for (const [what, scripts, line, expected] of [
    ['a script', { long: 'node slow.cjs' }, 'run long', ended(1)],
    ['a script that ends in order', { long: 'node slow.cjs 0' }, 'run long', ended(0)],
    ['a program of "exec"', {}, 'exec -c', ended(1)],
    [
      'a program among others',
      { long: 'true && node slow.cjs && touch late' },
      'run long',
      ended(1),
    ],
    [
      'a script within a script',
      { long: 'stele run in', in: 'node slow.cjs 7' },
      'run long',
      ended(7),
    ],
    [
      'a script that runs before another',
      { prelong: 'node slow.cjs 0', long: 'touch late' },
      'run long',
      ended(143),
    ],
    ['an own script of an installation', { preinstall: 'node slow.cjs' }, 'install', signalled],
  ] as const) {
    test(`${what} is told of SIGTERM, and waited for`, async () => {
      await begin({ name: 'own', scripts }, { 'slow.cjs': slow })
      const { folder: cwd, env } = project
      const words = line === 'exec -c' ? ['exec', '-c', 'node slow.cjs'] : line.split(' ')
      const child = spawnOwn(process.execPath, steleArguments(words), { cwd, env })
      await waitForLine(child, /^begun/, 10_000)
      child.kill('SIGTERM')
      assert.deepEqual(await endOf(child), expected)
      for (let waits = 0; !existsSync(path('ended')) && waits < 100; waits++) await sleep(10)
      assert.equal(read('ended'), 'SIGTERM')
      assert.ok(!existsSync(path('late')))
    })
  }

  test('of several packages, none is begun after somebody asked to stop, and that is no success', async () => {
    const scripts = { long: 'node slow.cjs 0' }
    await begin(
      { workspaces: ['packages/*'] },
      {
        'packages/a/package.json': JSON.stringify({ name: 'a', scripts }),
        'packages/a/slow.cjs': slow,
        'packages/b/package.json': JSON.stringify({ name: 'b', dependencies: { a: '*' }, scripts }),
        'packages/b/slow.cjs': slow,
      },
    )
    const child = start('run -r long')
    await waitForLine(child, /begun/, 10_000)
    child.kill('SIGINT')
    assert.deepEqual(await endOf(child), { code: 130, signal: null })
    assert.ok(!existsSync(path('packages/b/ended')))
  })

  /** As at a keyboard: the terminal tells everything that runs in it of Ctrl-C. */
  const atTerminal = (words: string): ReturnType<typeof spawnOwn> => {
    const { folder: cwd, env } = project
    const line = `${[process.execPath, ...steleArguments([])].join(' ')} ${words}`
    return spawnOwn('script', ['-qec', line, '/dev/null'], { cwd, env: { ...env, TERM: 'xterm' } })
  }
  const hasScript = existsSync('/usr/bin/script')
  for (const [what, words, sign] of [
    ['a question', 'exec nothing-here', /Y\/n/],
    ['a script', 'run long', /begun/],
    ['an installation that tells how far it is', 'install', /Resolving/],
  ] as const) {
    test(`Ctrl-C ends ${what}, and leaves the terminal as it was`, {
      skip: !hasScript,
    }, async () => {
      await begin(
        { name: 'own', scripts: { long: 'node slow.cjs 1' }, dependencies: { two: '1' } },
        { 'slow.cjs': slow.replaceAll('console.error', 'console.log') },
      )
      forgetStore()
      registry.spoil('/two', { hang: true })
      const child = atTerminal(words)
      let shown = ''
      child.stdout.on('data', (chunk: Buffer) => {
        const isSeen = sign.test(shown)
        shown += chunk.toString()
        if (!isSeen && sign.test(shown)) child.stdin.write('\u0003')
      })
      const { code } = await endOf(child)
      registry.spoil('/two', undefined)
      assert.equal(code, 130, shown)
      assert.doesNotMatch(shown, /bug/)
      // Of a line that is drawn over itself nothing is left.
      if (words === 'install') assert.match(shown, /\r\u001B\[K$/)
    })
  }
})
