// What the client tells of a project: what the lock says, and where node_modules or package.json are not as it says.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { makeProject, type Project } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const manifest = {
  name: 'app',
  dependencies: { left: '^1.0.0' },
  devDependencies: { tool: '~1.0.0' },
}

suite('insight', { concurrency: 1 }, () => {
  let registry: EvilUpstream
  let folder: Folder
  let count = 0
  const begin = async (): Promise<Project & { readonly path: (...parts: string[]) => string }> => {
    const at = join(folder.path, `p${count++}`)
    const text = JSON.stringify(manifest)
    const project = await makeProject(at, registry.url, { 'package.json': text })
    return { ...project, path: (...parts) => join(at, ...parts) }
  }
  type Begun = Awaited<ReturnType<typeof begin>>
  const tell = async (project: Begun, line: string, code = 0): Promise<string> => {
    const done = await project.stele(line.split(' '))
    assert.equal(done.code, code, done.shown)
    return done.stdout.trimEnd()
  }

  before(async () => {
    folder = await makeFolder('client-insight')
    registry = await startEvilUpstream()
    registry.put('deep', [{ version: '1.0.0' }])
    registry.put('left', [{ version: '1.0.0', manifest: { dependencies: { deep: '>=1' } } }])
    registry.put('tool', [{ version: '1.0.0' }])
    registry.put('more', [{ version: '1.0.0' }])
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  type Row = readonly [
    what: string,
    change: (project: Begun) => unknown,
    code: number,
    lines: readonly string[],
    /** What doctor says of node_modules. */
    installed: string,
  ]
  const rows: readonly Row[] = [
    [
      'nothing was changed',
      () => undefined,
      0,
      ['├── left@1.0.0', '└── tool@1.0.0  dev'],
      'as stele.lock says',
    ],
    [
      'a package is gone',
      ({ path }) => rmSync(path('node_modules', 'left'), { recursive: true }),
      1,
      ['├── left@1.0.0  missing: run "stele install"', '└── tool@1.0.0  dev'],
      'left is not there',
    ],
    [
      'another version stands there',
      ({ path }) => {
        rmSync(path('node_modules', 'left'), { recursive: true })
        mkdirSync(path('node_modules', 'left'))
        writeFileSync(path('node_modules', 'left', 'package.json'), '{"version":"0.9.0"}')
      },
      1,
      ['├── left@1.0.0  node_modules has 0.9.0: run "stele install"', '└── tool@1.0.0  dev'],
      'left is 0.9.0 there',
    ],
    [
      'devDependencies were left out',
      ({ stele }) => stele(['install', '--omit', 'dev']),
      0,
      ['├── left@1.0.0', '└── tool@1.0.0  dev, left out'],
      'as stele.lock says, without devDependencies',
    ],
    [
      'a package was added without saving it',
      ({ stele }) => stele(['add', 'more', '--no-save']),
      1,
      [
        '├── left@1.0.0',
        '└── tool@1.0.0  dev',
        'node_modules has more@1.0.0 besides: run "stele install"',
      ],
      'node_modules has more@1.0.0 besides',
    ],
    [
      'package.json wants more',
      ({ path }) =>
        writeFileSync(
          path('package.json'),
          JSON.stringify({ ...manifest, dependencies: { left: '^1.0.0', more: '1' } }),
        ),
      1,
      [
        '├── left@1.0.0',
        '└── tool@1.0.0  dev',
        '"stele.lock" does not have what package.json wants (- is the lock, + is package.json):',
        'package.json',
        '  + "more": "1" (dependencies)',
        'Run "stele install", and commit stele.lock with package.json',
      ],
      'as stele.lock says',
    ],
    [
      'the lock came with another branch',
      async ({ path, stele }) => {
        const lock = readFileSync(path('stele.lock'), 'utf8')
        await stele(['add', 'more'])
        writeFileSync(path('stele.lock'), lock)
        writeFileSync(path('package.json'), JSON.stringify(manifest))
      },
      1,
      [
        '├── left@1.0.0',
        '└── tool@1.0.0  dev',
        'node_modules has more@1.0.0 besides: run "stele install"',
      ],
      'node_modules has more@1.0.0 besides',
    ],
  ]
  for (const [what, change, code, lines, installed] of rows) {
    test(`ls and doctor tell when ${what}`, async () => {
      const project = await begin()
      await tell(project, 'install')
      await change(project)
      const told = await tell(project, 'ls', code)
      const shown = told.replace(project.folder + sep, '').split('\n')
      assert.deepEqual(shown.slice(1), lines)
      const doctor = JSON.parse((await project.stele(['doctor', '--json'])).stdout)
      const found = doctor.find(({ name }: { name: string }) => name === 'node_modules')
      assert.equal(found.text, installed)
    })
  }

  test('ls --json tells what is wanted, and what differs', async () => {
    const project = await begin()
    await tell(project, 'install')
    rmSync(project.path('node_modules', 'left'), { recursive: true })
    const [tree] = JSON.parse(await tell(project, 'ls --json', 1))
    const [left, tool] = tree.dependencies
    assert.deepEqual(left, {
      name: 'left',
      id: 'left@1.0.0',
      dependencies: [],
      kind: 'dependencies',
      specifier: '^1.0.0',
      isMissing: true,
    })
    assert.equal(tool.isMissing, undefined)
  })

  test('why shows what each package is wanted as', async () => {
    const project = await begin()
    await tell(project, 'install')
    assert.equal(
      await tell(project, 'why deep'),
      'deep@1.0.0\n  package.json > left@1.0.0 (^1.0.0) > deep@1.0.0 (>=1)',
    )
    assert.equal(
      await tell(project, 'why tool'),
      'tool@1.0.0\n  package.json (dev) > tool@1.0.0 (~1.0.0)',
    )
  })

  test('each way out of a peer that does not fit is one', async () => {
    registry.put('host', [{ version: '1.0.0' }, { version: '2.0.0' }])
    const peers = (range: string) => ({ manifest: { peerDependencies: { host: range } } })
    registry.put('plugin', [{ version: '1.0.0', ...peers('^1.0.0') }])
    const first = { dependencies: { host: '^2.0.0', plugin: '^1.0.0' } }
    const beginWith = async (manifest: object): Promise<Begun> => {
      const project = await begin()
      writeFileSync(project.path('package.json'), JSON.stringify(manifest))
      return project
    }
    const conflict = /^plugin@1\.0\.0 wants the peer host@\^1\.0\.0, and finds host@2\.0\.0$/m
    const project = await beginWith(first)
    const told = await tell(project, 'install')
    assert.match(told, conflict)
    const [, typed = ''] = /^ {4}stele (add \S+)/m.exec(told) ?? []
    assert.equal(typed, 'add host@^1.0.0')
    assert.doesNotMatch(await tell(project, typed), /wants the peer/)
    const [, override = ''] = /^ {4}("overrides":\{.*\}) /m.exec(told) ?? []
    const overriding = { ...first, ...JSON.parse(`{${override}}`) }
    const other = await tell(await beginWith(overriding), 'install')
    assert.doesNotMatch(other, /wants the peer|changes nothing/)
    registry.put('plugin', [
      { version: '1.0.0', ...peers('^1.0.0') },
      { version: '1.1.0', ...peers('^1.0.0 || ^2.0.0') },
    ])
    const behind = await beginWith(first)
    writeFileSync(behind.path('stele.lock'), readFileSync(project.path('stele.lock')))
    assert.doesNotMatch(await tell(behind, 'update plugin'), /wants the peer/)
  })

  test('a package of the workspace is not looked for in a registry, however its range is written', async () => {
    const project = await makeProject(join(folder.path, `p${count++}`), registry.url, {
      'package.json': '{"workspaces":["packages/*"]}',
      'packages/own/package.json': '{"name":"own","version":"1.0.0"}',
      'packages/app/package.json': '{"name":"app","dependencies":{"own":"^1.0.0","left":"^1.0.0"}}',
    })
    const added = (await project.stele(['add', 'own', '-w', 'app'])).stdout
    assert.match(
      added,
      /^own is in package\.json as "\^1\.0\.0"$/m,
      'nothing in the lock tells of it',
    )
    for (const typed of ['install', 'outdated', 'update', 'ls', 'why own']) {
      const { code, shown } = await project.stele(typed.split(' '))
      assert.equal(code, 0, shown)
      const way =
        /^link:packages\/own\n  packages\/app\/package\.json > link:packages\/own \(\^1\.0\.0\)$/m
      if (typed === 'why own') assert.match(shown, way)
    }
    assert.ok(!registry.asked.includes('/own'))
  })

  test('where there is no package.json, that is what is said', async () => {
    const project = await begin()
    rmSync(project.path('package.json'))
    const { code, stderr } = await project.stele(['install'])
    assert.equal(code, 1)
    const path = project.path('package.json')
    const fix = 'Go to the folder of a project, or run "stele init" to begin one'
    assert.equal(stderr, `There is no "${path}"\n${fix}\n`)
  })

  test('--dry-run tells what would change, and changes nothing', async () => {
    const project = await begin()
    const shown = (text: string): string => text.replace(/, \d+\.\d+ s$/, '')
    assert.equal(
      shown(await tell(project, 'install --dry-run')),
      '+ left 1.0.0\n+ tool 1.0.0\n+ deep 1.0.0\n3 packages: 3 would be added, stele.lock would change',
    )
    await tell(project, 'install')
    assert.equal(shown(await tell(project, 'install --dry-run')), '3 packages: nothing to do')
    assert.equal(
      shown(await tell(project, 'remove left --dry-run')),
      '- left 1.0.0\n- deep 1.0.0\n1 package: 2 would be removed, stele.lock would change',
    )
    assert.equal(
      shown(await tell(project, 'install --omit dev --dry-run')),
      '2 packages: 1 would be removed',
    )
    assert.equal(await tell(project, 'ls'), 'package.json\n├── left@1.0.0\n└── tool@1.0.0  dev')
  })
})
