// The commands and flags of the client beside installing itself, each as somebody types it.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeProject, type Project } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

suite('commands', { concurrency: 1 }, () => {
  let registry: EvilUpstream
  let folder: Folder
  let project: Project
  let count = 0
  const begin = async (
    manifest: object,
    files: { readonly [path: string]: string } = {},
  ): Promise<void> => {
    const at = join(folder.path, `p${count++}`)
    const all = { 'package.json': JSON.stringify(manifest), ...files }
    project = await makeProject(at, registry.url, all)
  }
  const stele = async (line: string, code = 0, env = {}): Promise<Finished> => {
    const done = await project.stele(line.split(' '), env)
    assert.equal(done.code, code, done.shown)
    return done
  }
  const path = (...parts: readonly string[]): string => join(project.folder, ...parts)
  const isThere = (...parts: readonly string[]): boolean =>
    existsSync(path('node_modules', ...parts))
  const read = (file: string): string => readFileSync(path(file), 'utf8')
  const packuments = (): string => join(folder.path, 'home/data/stele/store/v1/packuments')

  before(async () => {
    folder = await makeFolder('client-commands')
    registry = await startEvilUpstream()
    registry.put('deep', [{ version: '1.0.0' }])
    registry.put('left', [{ version: '1.0.0', manifest: { dependencies: { deep: '^1.0.0' } } }])
    registry.put('other', [{ version: '1.0.0' }])
    const bin = { manifest: { bin: { tool: 'index.js' } } }
    registry.put('tool', [
      { version: '1.0.0', ...bin },
      { version: '1.1.0', ...bin },
    ])
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('--offline without anything kept names what is missing, and what to do', async () => {
    await begin({ dependencies: { left: '^1.0.0' } })
    const { stderr } = await stele('install --offline', 1)
    assert.match(
      stderr,
      /^Cannot install offline: left is not kept on this machine\nRun the command once without/,
    )
    assert.deepEqual(registry.asked, [])
  })

  test('--offline installs what was installed before, with a lock and without', async () => {
    await begin({ dependencies: { left: '^1.0.0' } })
    await stele('install')
    registry.setDown(true)
    rmSync(join(project.folder, 'node_modules'), { recursive: true })
    await stele('install --offline')
    assert.ok(isThere('left', 'package.json'))
    await begin({ dependencies: { deep: '^1.0.0' } })
    await stele('install', 0, { npm_config_offline: 'true' })
    assert.ok(isThere('deep', 'package.json'))
    await stele('add left --offline')
    assert.ok(isThere('left', 'package.json'))
    const { stderr } = await stele('add other --offline', 1)
    assert.match(stderr, /^Cannot install offline: other is not kept/)
    registry.setDown(false)
  })

  test('--offline names all packages of the lock whose files are gone', async () => {
    await begin({ dependencies: { left: '^1.0.0', other: '1.0.0' } })
    await stele('install')
    for (const path of ['home', join('home', 'data')])
      assert.ok(existsSync(join(folder.path, path)))
    rmSync(join(folder.path, 'home', 'data'), { recursive: true })
    rmSync(join(project.folder, 'node_modules'), { recursive: true })
    const { stderr } = await stele('ci --offline', 1)
    assert.match(
      stderr,
      /^Cannot install offline: deep@1\.0\.0, left@1\.0\.0, other@1\.0\.0 are not kept/,
    )
  })

  test('--prefer-offline asks only for what is not kept', async () => {
    await begin({ dependencies: { left: '^1.0.0' } })
    await stele('install')
    await begin({ dependencies: { left: '^1.0.0', other: '1.0.0' } })
    registry.asked.length = 0
    await stele('install --prefer-offline')
    assert.deepEqual(registry.asked, ['/other', '/other/-/other-1.0.0.tgz'])
  })

  test('a version that is newer than what is kept is found all the same', async () => {
    await begin({ dependencies: { deep: '^1.0.0' } })
    await stele('install')
    registry.put('deep', [{ version: '1.0.0' }, { version: '1.1.0' }])
    await begin({ dependencies: { deep: '1.1.0' } })
    await stele('install --prefer-offline')
    assert.ok(isThere('deep', 'package.json'))
    await begin({})
    await stele('add deep@1.1.0 --prefer-offline')
  })

  test('what is kept is asked about, and not sent again; "store prune" forgets it', async () => {
    await begin({ dependencies: { left: '^1.0.0' } })
    await stele('install')
    await begin({ dependencies: { left: '^1.0.0' } })
    const headers: (string | undefined)[] = []
    registry.spoil('/left', {
      answer: (response) => {
        headers.push(response.req.headers['if-none-match'])
        response.writeHead(304, { 'cache-control': 'max-age=300' }).end()
      },
    })
    await stele('install')
    registry.spoil('/left', undefined)
    assert.match(headers[0] ?? '', /^"/)
    await begin({ dependencies: { left: '^1.0.0' } })
    registry.asked.length = 0
    await stele('install')
    assert.deepEqual(registry.asked, ['/deep'], '"left" is fresh for five minutes')
    assert.ok(readdirSync(packuments()).length > 0)
    assert.match((await stele('store prune --dry-run')).stdout, /would be removed/)
    assert.ok(existsSync(packuments()))
    await stele('store prune')
    assert.ok(!existsSync(packuments()))
    assert.match(readFileSync(join(project.folder, 'stele.lock'), 'utf8'), /left@1\.0\.0/)
  })

  test('-g installs for the user: programs in <prefix>/bin, and all commands know of it', async () => {
    await begin({})
    const prefix = join(folder.path, 'prefix')
    const npmrc = join(folder.path, 'home', '.npmrc')
    writeFileSync(npmrc, `registry=${registry.url}/\n`)
    const { stdout } = await stele(`install -g tool@1.0.0 --prefix ${prefix}`)
    assert.match(stdout, /^Programs are in .*prefix\/bin, which is not on your PATH/m)
    const program = join(prefix, 'bin', 'tool')
    assert.match(readFileSync(program, 'utf8'), /tool@1\.0\.0/)
    assert.equal((await stele(`bin -g --prefix ${prefix}`)).stdout, `${join(prefix, 'bin')}\n`)
    assert.match((await stele(`ls -g --prefix ${prefix}`)).stdout, /tool@1\.0\.0/)
    assert.match(
      (await stele(`outdated -g --prefix ${prefix}`, 1)).stdout,
      /^tool +1\.0\.0 +1\.1\.0/m,
    )
    await stele(`update -g --prefix ${prefix}`)
    assert.match((await stele(`ls -g --prefix ${prefix}`)).stdout, /tool@1\.1\.0/)
    await stele(`remove -g tool --prefix ${prefix}`)
    assert.ok(!existsSync(program))
    assert.equal(read('package.json'), '{}')
  })

  test("-g replaces nobody's file, unless it is forced", async () => {
    await begin({})
    const prefix = join(folder.path, 'taken')
    mkdirSync(join(prefix, 'bin'), { recursive: true })
    const program = join(prefix, 'bin', 'tool')
    writeFileSync(program, 'mine')
    const { stderr } = await stele(`add -g tool --prefix ${prefix}`, 1)
    assert.match(
      stderr,
      /^Cannot install the program "tool": ".*bin\/tool" is there, and not Stele's$/m,
    )
    assert.equal(readFileSync(program, 'utf8'), 'mine')
    assert.match((await stele(`ls -g --prefix ${prefix}`)).stdout, /\(nothing\)/)
    await stele(`add -g tool --prefix ${prefix} --force`)
    assert.match(readFileSync(program, 'utf8'), /tool@1\.1\.0/)
  })

  test('stele link puts a folder in place of a package, and stele unlink takes it away', async () => {
    await begin({ dependencies: { left: '^1.0.0' } })
    const mine = join(folder.path, 'mine')
    mkdirSync(mine)
    writeFileSync(join(mine, 'package.json'), '{"name":"left","version":"7.0.0","bin":"cli.js"}')
    writeFileSync(join(mine, 'cli.js'), '#!/usr/bin/env node\n')
    await stele('install')
    const before = [read('package.json'), read('stele.lock')]
    const { stdout } = await stele('link ../mine')
    assert.match(stdout, /^left is linked to \.\.\/mine; "stele unlink left" ends that$/m)
    assert.match(read('node_modules/left/package.json'), /7\.0\.0/)
    assert.ok(isThere('.bin', 'left'))
    await stele('install')
    assert.match((await stele('install')).stdout, /nothing to do/)
    assert.match(read('node_modules/left/package.json'), /7\.0\.0/)
    assert.deepEqual([read('package.json'), read('stele.lock')], before)
    assert.match((await stele('unlink deep', 2)).stderr, /^"deep" is not linked: linked are left/)
    assert.match((await stele('unlink left')).stdout, /^left is not linked any more$/m)
    assert.match(read('node_modules/left/package.json'), /1\.0\.0/)
    assert.ok(!isThere('.bin', 'left'))
  })

  test('stele remove says also of what stays for others, and of folders, that it was removed', async () => {
    const made = { 'lib/package.json': '{"name":"lib","version":"1.0.0"}' }
    await begin({ dependencies: { lib: 'file:lib', left: '1', deep: '1' } }, made)
    await stele('install')
    const { stdout } = await stele('remove lib deep left')
    assert.match(stdout, /^lib is not in package\.json any more$/m)
    assert.match(stdout, /^- left 1/m)
  })

  test('stele link makes a package known by its name', async () => {
    const own = { npm_config_prefix: join(folder.path, 'linked') }
    await begin({ name: 'known', version: '3.0.0', bin: 'cli.js' }, { 'cli.js': '' })
    const { stdout } = await stele('link', 0, own)
    assert.match(stdout, /^known is known to your other projects: "stele link known" in one/m)
    assert.ok(existsSync(join(folder.path, 'linked', 'bin', 'known')))
    const linked = project
    await begin({})
    await stele('link known', 0, own)
    assert.match(read('node_modules/known/package.json'), /3\.0\.0/)
    assert.match((await stele('link nobody', 2, own)).stderr, /^No folder is known as "nobody"/)
    project = linked
    const ended = await stele('unlink', 0, own)
    assert.match(ended.stdout, /^known is not known to other projects any more$/m)
    assert.ok(!existsSync(join(folder.path, 'linked', 'bin', 'known')))
  })

  test('stele prefix, root and bin print folders', async () => {
    await begin({})
    for (const [command, expected] of [
      ['prefix', project.folder],
      ['root', path('node_modules')],
      ['bin', path('node_modules', '.bin')],
      [`root -C ${folder.path}`, join(folder.path, 'node_modules')],
    ] as const) {
      assert.equal((await stele(command)).stdout, `${expected}\n`)
    }
  })

  for (const layout of ['project', 'hoisted']) {
    test(`programs of workspace packages are in .bin, also before they are built, when the layout is ${layout}`, async () => {
      await begin(
        { workspaces: ['packages/*'], dependencies: { app: '*' } },
        {
          'packages/app/package.json': '{"name":"app","version":"1.0.0","bin":"dist/app.js"}',
          'packages/other/package.json':
            '{"name":"other-one","dependencies":{"app":"workspace:*"}}',
        },
      )
      await stele(`install --layout ${layout}`)
      mkdirSync(path('packages/app/dist'))
      writeFileSync(path('packages/app/dist/app.js'), '#!/usr/bin/env node\nconsole.log(1)\n', {
        mode: 0o755,
      })
      const run = await runProgram(path('node_modules/.bin/app'), [], {
        cwd: project.folder,
        env: project.env,
      })
      assert.equal(run.stdout, '1\n')
    })
  }

  test('stele add installs the version that was asked for, and saves a range as it is told', async () => {
    const saved = (): unknown => JSON.parse(read('package.json')).dependencies
    await begin({})
    await stele('add tool@1.0.0')
    assert.deepEqual(saved(), { tool: '^1.0.0' })
    assert.match(read('stele.lock'), /tool@1\.0\.0/)
    await stele('add tool@1.1.0')
    assert.match(read('stele.lock'), /tool@1\.1\.0/)
    await stele('add tool@1.0.0 --save-prefix ~')
    assert.deepEqual(saved(), { tool: '~1.0.0' })
    assert.match(read('stele.lock'), /tool@1\.0\.0/)
    await stele('add other', 0, { npm_config_save_exact: 'true' })
    assert.deepEqual(saved(), { other: '1.0.0', tool: '~1.0.0' })
    await stele('add left', 0, { npm_config_save_dev: 'true' })
    assert.match(read('package.json'), /"devDependencies":\s*\{\s*"left": "\^1\.0\.0"/)
    assert.match((await stele('add left --save-prefix x', 2)).stderr, /must be "\^", "~" or ""/)
  })

  test('stele add finds out the name of a tarball', async () => {
    await begin({})
    await stele(`add ${registry.url}/other/-/other-1.0.0.tgz`)
    const { dependencies } = JSON.parse(read('package.json'))
    assert.deepEqual(dependencies, { other: `${registry.url}/other/-/other-1.0.0.tgz` })
    assert.ok(isThere('other', 'package.json'))
  })

  const workspace = {
    'packages/app/package.json': '{"name":"@x/app","dependencies":{"lib":"workspace:*"}}',
    'packages/lib/package.json': '{"name":"lib","version":"1.0.0","dependencies":{"tool":"1.0.0"}}',
    'packages/site/package.json': '{"name":"site","dependencies":{"other":"^1.0.0"}}',
  }
  const dependenciesOf = (name: string): unknown =>
    JSON.parse(read(`packages/${name}/package.json`)).dependencies

  test('-w, --filter and -r say which package.jsons of a workspace are changed', async () => {
    await begin({ workspaces: ['packages/*'] }, workspace)
    await stele('add other -w lib -w @x/app')
    assert.deepEqual(dependenciesOf('lib'), { other: '^1.0.0', tool: '1.0.0' })
    assert.deepEqual(dependenciesOf('app'), { lib: 'workspace:*', other: '^1.0.0' })
    await stele('remove other --filter ./packages/lib...')
    assert.deepEqual(dependenciesOf('lib'), { tool: '1.0.0' })
    await stele('remove other -r')
    assert.deepEqual(
      [dependenciesOf('app'), dependenciesOf('site')],
      [{ lib: 'workspace:*' }, undefined],
    )
    assert.match((await stele('remove other -r', 1)).stderr, /^"other" is not in package\.json/)
    assert.match((await stele('add other -w libb', 2)).stderr, /did you mean "lib"\?/)
    await stele('add left --filter ...lib')
    assert.deepEqual(dependenciesOf('app'), { left: '^1.0.0', lib: 'workspace:*' })
    assert.deepEqual(dependenciesOf('lib'), { left: '^1.0.0', tool: '1.0.0' })
    const { stdout } = await stele('ls -w lib')
    assert.match(stdout, /^packages\/lib\/package\.json\n├── left@1\.0\.0\n└── tool@1\.0\.0\n$/)
    assert.match(
      (await stele('outdated -F lib', 1)).stdout,
      /^tool .*packages\/lib\/package\.json$/m,
    )
    await stele('outdated -F site', 0)
    await stele('update --latest -w lib')
    assert.deepEqual(dependenciesOf('lib'), { left: '^1.0.0', tool: '1.1.0' })
  })

  test('stele install -w installs what a package and its neighbours need, and leaves others alone', async () => {
    await begin({ workspaces: ['packages/*'] }, workspace)
    await stele('install')
    for (const each of ['.', 'packages/lib', 'packages/site']) {
      rmSync(path(each, 'node_modules'), { recursive: true })
    }
    const { stdout } = await stele('ci --filter @x/app')
    assert.match(stdout, /^1 packages?: /m)
    assert.ok(existsSync(path('packages/lib/node_modules/tool')))
    assert.ok(!existsSync(path('packages/site/node_modules')))
    await stele('install -w site')
    assert.ok(existsSync(path('packages/site/node_modules/other')))
    assert.ok(existsSync(path('packages/lib/node_modules/tool')), 'it is still there')
    assert.match(read('stele.lock'), /other@1\.0\.0/)
  })

  test('stele config shows where settings come from, changes them, and never shows a secret', async () => {
    await begin({ stele: { layout: 'global' } })
    const userconfig = join(folder.path, 'home', '.npmrc')
    rmSync(userconfig, { force: true })
    await stele('config set //host.test/:_authToken=hush save-exact=true')
    await stele('config set save-prefix ~ --location project')
    assert.equal(
      readFileSync(userconfig, 'utf8'),
      '//host.test/:_authToken=hush\nsave-exact=true\n',
    )
    const { stdout } = await stele('config list')
    assert.match(stdout, /^; .*p\d+\/\.npmrc\nregistry = http.*\nsave-prefix = ~$/m)
    assert.match(stdout, /^\/\/host\.test\/:_authToken = \(hidden\)$/m)
    assert.match(stdout, /^; .*package\.json, "stele"\nlayout = global$/m)
    assert.doesNotMatch((await stele('config list --json')).stdout, /hush/)
    assert.equal((await stele('config get save-exact')).stdout, 'true\n')
    const { from } = JSON.parse((await stele('config get save-prefix --json')).stdout)
    assert.equal(from, path('.npmrc'))
    await stele('config get nothing', 1)
    assert.match((await stele('config get //host.test/:_authToken', 2)).stderr, /is a secret/)
    assert.match((await stele('config set _authToken=x', 2)).stderr, /would go to every host/)
    assert.match((await stele('config set registry nonsense', 2)).stderr, /is no address/)
    await stele('config delete //host.test/:_authToken save-exact')
    assert.equal(readFileSync(userconfig, 'utf8').trim(), '')
  })

  test('stele doctor says what is right, what is not, and what to do', async () => {
    await begin({ dependencies: { deep: '1.0.0' } })
    const before = await stele('doctor', 1)
    assert.match(before.stdout, /^ok +registry +http.* answers in \d+ ms$/m)
    assert.match(before.stdout, /^wrong +lock +there is no stele\.lock\n +→ Run "stele install"/m)
    await stele('install')
    const { stdout } = await stele('doctor')
    for (const name of [
      'node',
      'registry',
      'clock',
      'proxy',
      'store',
      'hard links',
      'project',
      'lock',
      'PATH',
    ]) {
      assert.match(stdout, new RegExp(`^ok +${name} `, 'm'))
    }
    assert.match(stdout, /^Everything is right$/m)
    registry.setDown(true)
    const down = await stele('doctor', 1, { npm_config_fetch_retries: '0' })
    registry.setDown(false)
    assert.match(down.stdout, /^wrong +registry +Cannot reach http.*\n +→ Check the network/m)
    writeFileSync(join(project.folder, 'package.json'), '{')
    const broken = await stele('doctor', 1, { npm_config_registry: 'nonsense' })
    assert.match(broken.stdout, /^wrong +registry +Cannot use the setting "registry"/m)
    assert.match(broken.stdout, /^wrong +lock +Cannot read .*package\.json:1:2: the file ends/m)
    assert.match(broken.stdout, /^ok +PATH /m)
  })

  test('stele completion offers commands, flags, scripts, packages and topics', async () => {
    await begin({ scripts: { 'build:all': 'x' }, dependencies: { deep: '1.0.0' } })
    const words = async (...typed: readonly string[]): Promise<readonly string[]> => {
      const done = await project.stele(['completion', 'words', '--', ...typed])
      return done.stdout.trimEnd().split('\n')
    }
    assert.deepEqual(await words('inst'), ['install'])
    assert.deepEqual(await words('run', 'bu'), ['build:all'])
    assert.deepEqual(await words('rm', ''), ['deep'])
    assert.deepEqual(await words('i', '--prefer'), ['--prefer-offline', '--prefer-online'])
    assert.deepEqual(await words('store', 'p'), ['path', 'prune'])
    assert.deepEqual(await words('help', 'layo'), ['layouts'])
    assert.match((await stele('completion bash')).stdout, /complete .* stele$/m)
    assert.match((await stele('completion tcsh', 2)).stderr, /none of bash, zsh, fish/)
  })

  test('--json, --reporter ndjson and --silent print what programs read', async () => {
    await begin({ dependencies: { other: '^1.0.0' } })
    const preview = JSON.parse((await stele('install --dry-run --json')).stdout)
    assert.deepEqual(Object.keys(preview).toSorted(), [...reportKeys, 'isDryRun'].toSorted())
    assert.ok(!isThere('other'))
    const { stdout, stderr } = await stele('install --reporter ndjson')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      events.map(({ event }) => event),
      ['start', 'progress', 'done'],
    )
    assert.deepEqual(Object.keys(events.at(-1).report).toSorted(), reportKeys)
    assert.deepEqual(events.at(-1).report.added, ['other@1.0.0'])
    assert.equal(stderr, '')
    const failed = (await stele('add nobody --reporter ndjson', 1)).stdout.trimEnd().split('\n')
    const error = JSON.parse(failed.at(-1) ?? '')
    assert.deepEqual([error.event, error.code], ['error', 'package_absent'])
    const silent = await stele('add left --silent')
    assert.equal(silent.stdout + silent.stderr, '')
    assert.match((await stele('add nobody -s', 1)).stderr, /^There is no package "nobody"/)
    assert.match((await stele('install --reporter x', 2)).stderr, /must be one of default/)
  })

  test('stele why-local tells what keeps a package in the project', async () => {
    await begin(
      {
        workspaces: ['lib'],
        dependencies: { outer: '1.0.0', other: '1.0.0' },
        overrides: { inner: 'workspace:*' },
      },
      { 'lib/package.json': '{"name":"inner","version":"1.0.0"}' },
    )
    registry.put('middle', [{ version: '1.0.0', manifest: { dependencies: { inner: '1.0.0' } } }])
    registry.put('outer', [{ version: '1.0.0', manifest: { dependencies: { middle: '1.0.0' } } }])
    await stele('install')
    const { stdout } = await stele('why-local outer other')
    assert.match(
      stdout,
      /^outer@1\.0\.0 is in the project: it depends on middle@1\.0\.0, which depends on the folder "lib"$/m,
    )
    assert.match(stdout, /^other@1\.0\.0 is linked from the store$/m)
    assert.match(
      (await stele('why-local')).stdout,
      /^middle@1\.0\.0 is in the project.*\nLayout auto: 2 in the project, 1 linked/m,
    )
  })
})

const reportKeys = [
  'added',
  'changes',
  'fetched',
  'isChanged',
  'mismatches',
  'notices',
  'packages',
  'removed',
  'tookMs',
]
