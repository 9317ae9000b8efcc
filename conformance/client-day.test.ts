// A day's work in a project with `stele` alone: packages are added, updated, explained and removed, branches merged, and CI installs.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeProject, type Project } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

suite('a day', { concurrency: 1 }, () => {
  let registry: EvilUpstream
  let folder: Folder
  let project: Project
  const path = (...parts: readonly string[]): string => join(project.folder, ...parts)
  const read = (file: string): string => readFileSync(path(file), 'utf8')
  const stele = async (line: string, code = 0, env = {}): Promise<Finished> => {
    const done = await project.stele(line.split(' '), env)
    assert.equal(done.code, code, done.shown)
    return done
  }
  const git = async (line: string, code = 0): Promise<void> => {
    const own = ['-c', 'user.name=test', '-c', 'user.email=test@mail.example']
    const { env } = project
    const done = await runProgram('git', [...own, ...line.split(' ')], { cwd: project.folder, env })
    assert.equal(done.code, code, done.shown)
  }

  before(async () => {
    folder = await makeFolder('client-day')
    registry = await startEvilUpstream()
    const deep = (version: string) => ({ manifest: { dependencies: { deep: version } } })
    registry.put('deep', [{ version: '1.0.0' }])
    registry.put('left', [{ version: '1.0.0', ...deep('^1.0.0') }])
    registry.put('right', [
      { version: '1.0.0', ...deep('1.0.0') },
      { version: '2.0.0', ...deep('^1.0.0') },
    ])
    registry.put('@s/tool', [{ version: '1.0.0', manifest: { bin: { tool: './index.js' } } }])
    project = await makeProject(join(folder.path, 'project'), registry.url, {
      'package.json': '{\r\n    "name": "day",\r\n    "files": ["a", "b"]\r\n}\r\n',
      '.gitignore': 'node_modules\n',
    })
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('stele add puts packages into package.json, and leaves the rest of it as it was', async () => {
    await stele('add right@1 left')
    await stele('i -D @s/tool')
    assert.equal(
      read('package.json'),
      [
        '{',
        '    "name": "day",',
        '    "files": ["a", "b"],',
        '    "dependencies": {',
        '        "left": "^1.0.0",',
        '        "right": "^1.0.0"',
        '    },',
        '    "devDependencies": {',
        '        "@s/tool": "^1.0.0"',
        '    }',
        '}',
        '',
      ].join('\r\n'),
    )
    assert.ok(existsSync(path('node_modules', '.bin', 'tool')))
  })

  test('stele add leaves package.json and the lock alone when a package cannot be had', async () => {
    const before = [read('package.json'), read('stele.lock')]
    const { stderr } = await stele('add nowhere', 1)
    assert.match(stderr, /^There is no package "nowhere"/)
    await stele('add left@9', 1)
    assert.deepEqual([read('package.json'), read('stele.lock')], before)
  })

  test('stele update makes one package newer wherever it is, and says what keeps it from its newest version', async () => {
    registry.put('deep', [{ version: '1.0.0' }, { version: '1.1.0' }])
    const { stdout } = await stele('up deep')
    assert.match(stdout, /^\+ deep 1\.1\.0$/m)
    assert.match(
      stdout,
      /^deep stays at 1\.0\.0, and 1\.1\.0 is out: right@1\.0\.0 wants 1\.0\.0$/m,
    )
    assert.doesNotMatch(stdout, /left|right 2/)
  })

  test('stele why shows who wants each version', async () => {
    const { stdout } = await stele('why deep')
    assert.equal(
      stdout,
      [
        'deep@1.0.0',
        '  package.json > right@1.0.0 (^1.0.0) > deep@1.0.0 (1.0.0)',
        'deep@1.1.0',
        '  package.json > left@1.0.0 (^1.0.0) > deep@1.1.0 (^1.0.0)',
        '',
      ].join('\n'),
    )
    const { stderr } = await stele('why dep', 1)
    assert.match(stderr, /^"dep" is not in stele\.lock\nDid you mean "deep"\?$/m)
  })

  test('stele ls shows the tree', async () => {
    const { stdout } = await stele('ls --all')
    assert.equal(
      stdout,
      [
        'package.json',
        '├── @s/tool@1.0.0  dev',
        '├── left@1.0.0',
        '│   └── deep@1.1.0',
        '└── right@1.0.0',
        '    └── deep@1.0.0',
        '',
      ].join('\n'),
    )
  })

  test('stele outdated names newer versions, and ends with 1', async () => {
    const { stdout } = await stele('outdated', 1)
    assert.match(stdout, /^right +1\.0\.0 +1\.0\.0 +2\.0\.0 +package\.json$/m)
    assert.doesNotMatch(stdout, /left/)
  })

  test('stele ls and stele outdated say of a name that it is no dependency', async () => {
    assert.match((await stele('ls dep', 1)).stderr, /^"dep" is not in stele\.lock\nDid you mean/)
    assert.match((await stele('outdated lefft', 1)).stderr, /^"lefft" is not in package\.json\nDid/)
    const { stderr } = await stele('outdated deep', 1)
    assert.match(stderr, /^"deep" is not in package\.json: it is there for /)
  })

  test('stele install . is stele install, as with npm', async () => {
    const before = [read('package.json'), read('stele.lock')]
    await stele('install .')
    assert.deepEqual([read('package.json'), read('stele.lock')], before)
    assert.match((await stele('add .', 2)).stderr, /^"\." is this package itself/)
  })

  test('stele dedupe --check finds a version too many, and stele dedupe takes it away', async () => {
    const lock = read('stele.lock')
    const { stdout } = await stele('dedupe --check', 1)
    assert.match(stdout, /^- deep 1\.1\.0$/m)
    assert.equal(read('stele.lock'), lock)
    await stele('dedupe')
    assert.doesNotMatch(read('stele.lock'), /deep@1\.1\.0/)
    await stele('dedupe --check')
  })

  test('stele ci installs what the lock holds, without development where that is asked', async () => {
    writeFileSync(path('node_modules', 'stray'), '')
    await stele('ci --omit dev')
    assert.ok(!existsSync(path('node_modules', 'stray')))
    assert.ok(!existsSync(path('node_modules', '@s')))
    await stele('ci')
    assert.ok(existsSync(path('node_modules', '@s', 'tool', 'package.json')))
  })

  test('stele ci, and stele install where CI is set, refuse drift alone, and show it', async () => {
    const [manifest, lock] = [read('package.json'), read('stele.lock')]
    writeFileSync(path('package.json'), manifest.replace('"left": "^1.0.0"', '"left": "1.x"'))
    await stele('ci')
    await stele('install', 0, { CI: 'true' })
    assert.equal(read('stele.lock'), lock)
    writeFileSync(path('package.json'), manifest.replace('"right": "^1.0.0"', '"right": "^2.0.0"'))
    for (const [line, env] of [
      ['ci', {}],
      ['install', { CI: 'true' }],
      ['install --frozen', {}],
    ] as const) {
      const { stderr } = await stele(line, 1, env)
      assert.match(stderr, /^ {2}- "right": "\^1\.0\.0" \(dependencies\), locked as 1\.0\.0$/m)
      assert.match(stderr, /^ {2}\+ "right": "\^2\.0\.0" \(dependencies\)$/m)
    }
    assert.ok(existsSync(path('node_modules', 'left')), 'nothing was removed')
    writeFileSync(path('package.json'), manifest)
  })

  test('a merge conflict in the lock is mended by stele install', async () => {
    await stele('install')
    for (const line of ['init -q -b ours', 'add .', 'commit -q -m first']) await git(line)
    await git('checkout -q -b theirs')
    await stele('update --latest right')
    await git('commit -q -a -m theirs')
    await git('checkout -q ours')
    await stele('remove right')
    await git('commit -q -a -m ours')
    await git('merge -q theirs', 1)
    assert.match(read('stele.lock'), /^<<<<<<< /m)
    await git('checkout -q --theirs package.json')
    assert.match(
      (await stele('ci', 1)).stderr,
      /conflict markers of a merge\nRun "stele install": it mends/,
    )
    const { stdout } = await stele('install')
    assert.match(stdout, /^Mended stele\.lock: it has conflict markers of a merge$/m)
    assert.match((await stele('ls')).stdout, /right@2\.0\.0/)
    await stele('ci')
  })

  test('stele remove takes a package away, and says why it cannot', async () => {
    await stele('rm right @s/tool')
    assert.doesNotMatch(read('package.json'), /right|devDependencies/)
    assert.match((await stele('rm deep', 1)).stderr, /it is there for left@1\.0\.0/)
    assert.match((await stele('rm lefft', 1)).stderr, /Did you mean "left"\?/)
  })
})
