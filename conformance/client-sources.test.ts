// Projects with workspaces, and with packages that come from folders, tarballs and Git, installed and loaded.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { makePackage } from '../packages/testkit/src/index.ts'
import { startPackages } from './made-packages.ts'
import { type Finished, runProgram } from './processes.ts'
import type { FileServer } from './static-files.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const main = join(import.meta.dirname, '..', 'packages', 'stele', 'src', 'main.ts')

suite('projects', { concurrency: 1 }, () => {
  let folder: Folder
  let registry: FileServer
  let project: string
  let count = 0
  before(async () => {
    folder = await makeFolder('client-sources')
    registry = await startPackages({
      ms: { '1.0.0': {}, '2.0.0': {} },
      debug: { '1.0.0': { dependencies: { ms: '*' } } },
      exotic: { '1.0.0': { dependencies: { lib: 'git+https://host.test/lib.git' } } },
    })
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  const write = (path: string, content: object | string | Uint8Array): void => {
    const file = join(project, path)
    mkdirSync(dirname(file), { recursive: true })
    const isText = typeof content === 'string' || content instanceof Uint8Array
    writeFileSync(file, isText ? content : JSON.stringify(content))
  }
  const begin = (manifest: object): void => {
    project = join(folder.path, `p${count++}`)
    write('package.json', manifest)
    write('.npmrc', `registry=${registry.url}/\n`)
  }
  const run = (args: readonly string[], cwd = project, own = {}): Promise<Finished> => {
    const { PATH } = process.env
    const home = join(folder.path, 'home')
    const env = { PATH, HOME: home, XDG_DATA_HOME: join(home, 'data'), ...own }
    return runProgram(process.execPath, [main, ...args], { cwd, env })
  }
  const install = async (cwd = project): Promise<string> => {
    const { code, shown } = await run(['install'], cwd)
    assert.equal(code, 0, shown)
    return shown
  }
  const version = (path: string): unknown =>
    JSON.parse(readFileSync(join(project, path, 'package.json'), 'utf8')).version
  const lock = (): string => readFileSync(join(project, 'stele.lock'), 'utf8')

  test('install anywhere within a workspace installs all of it', async () => {
    begin({ workspaces: ['packages/*'], catalog: { ms: '^2.0.0' } })
    write('packages/a/package.json', {
      name: 'a',
      version: '1.0.0',
      dependencies: { b: 'workspace:^', ms: 'catalog:' },
    })
    write('packages/b/package.json', {
      name: 'b',
      version: '1.5.0',
      dependencies: { debug: '*' },
      peerDependencies: { ms: '>=1' },
    })
    write('packages/b/src/index.js', '')
    await install(join(project, 'packages', 'b', 'src'))
    assert.equal(version('packages/a/node_modules/b'), '1.5.0')
    assert.equal(version('packages/a/node_modules/ms'), '2.0.0')
    assert.equal(version('packages/b/node_modules/debug'), '1.0.0')
    assert.match(await install(), /nothing to do/)
  })

  test('a changed catalog takes hold at the next install', async () => {
    begin({ dependencies: { ms: 'catalog:' } })
    write('pnpm-workspace.yaml', 'catalog:\n  ms: 1.0.0\n')
    await install()
    assert.equal(version('node_modules/ms'), '1.0.0')
    write('pnpm-workspace.yaml', 'catalog:\n  ms: 2.0.0\n')
    await install()
    assert.equal(version('node_modules/ms'), '2.0.0')
  })

  test('a changed override takes hold at the next install, and one that meets nothing is told', async () => {
    begin({ dependencies: { debug: '*' } })
    await install()
    assert.match(lock(), /"debug@1\.0\.0":.*"dependencies":\{"ms":"2\.0\.0"\}/)
    write('package.json', {
      dependencies: { debug: '*' },
      overrides: { debug: { ms: '1.0.0' }, nobody: '1.0.0' },
    })
    assert.match(await install(), /The override "nobody" changes nothing/)
    assert.match(lock(), /"debug@1\.0\.0":.*"dependencies":\{"ms":"1\.0\.0"\}/)
    assert.match(await install(), /nothing to do/)
    write('package.json', { dependencies: { debug: '*' } })
    await install()
    assert.doesNotMatch(lock(), /overrides/)
  })

  test('a package extension adds what a package forgot', async () => {
    const extension = { 'ms@2': { dependencies: { debug: '1.0.0' } } }
    begin({ dependencies: { ms: '2.0.0' }, pnpm: { packageExtensions: extension } })
    await install()
    assert.match(lock(), /"ms@2\.0\.0":.*"dependencies":\{"debug":"1\.0\.0"\}/)
  })

  test('tarballs of a folder and of a web server are installed, and pinned by their digest', async () => {
    const url = `${registry.url}/ms/-/ms-1.0.0.tgz`
    begin({ dependencies: { local: 'file:vendor/local-1.0.0.tgz', far: url } })
    const manifest = { name: 'local', version: '1.0.0', dependencies: { ms: '2.0.0' } }
    write('vendor/local-1.0.0.tgz', makePackage(manifest))
    await install()
    assert.equal(version('node_modules/local'), '1.0.0')
    assert.equal(version('node_modules/far'), '1.0.0')
    assert.match(lock(), /"local@file:vendor\/local-1\.0\.0\.tgz":\{.*"integrity":"sha512-/)
    rmSync(join(project, 'node_modules'), { recursive: true })
    await install()
    assert.match(await install(), /nothing to do/)
  })

  test('a tarball that was packed anew is taken as it is now, and "ci" refuses it', async () => {
    begin({ dependencies: { local: 'file:vendor/local.tgz', ms: '2.0.0' } })
    const manifest = { name: 'local', version: '1.0.0' }
    write('vendor/local.tgz', makePackage(manifest))
    await install()
    const first = lock()
    write('vendor/local.tgz', makePackage({ ...manifest, description: 'Another' }))
    const { code, shown } = await run(['ci'])
    assert.equal(code, 1)
    assert.match(shown, /"file:vendor\/local\.tgz" is not the file that was locked/)
    assert.equal(lock(), first)
    assert.match(
      await install(),
      /"file:vendor\/local\.tgz" was packed anew, and is taken as it is/,
    )
    assert.notEqual(lock(), first)
    const installed = join(project, 'node_modules/local/package.json')
    assert.equal(JSON.parse(readFileSync(installed, 'utf8')).description, 'Another')
    assert.match(await install(), /nothing to do/)
    rmSync(join(project, 'vendor/local.tgz'))
    rmSync(join(project, 'node_modules'), { recursive: true })
    await install()
    assert.ok(existsSync(installed), 'the store has it')
  })

  test('folders are linked, and what they depend on is installed within the project', async () => {
    begin({ dependencies: { lib: 'file:vendor/lib', other: 'link:vendor/other' } })
    write('vendor/lib/package.json', {
      name: 'lib',
      version: '3.0.0',
      dependencies: { ms: '1.0.0' },
    })
    write('vendor/other/index.js', '')
    await install()
    assert.equal(version('node_modules/lib'), '3.0.0')
    assert.equal(version('vendor/lib/node_modules/ms'), '1.0.0')
    write('package.json', { dependencies: { gone: 'file:vendor/gone' } })
    const { shown } = await run(['install'])
    assert.match(shown, /Cannot install "vendor\/gone", wanted by package\.json:1:\d+: there is no/)
  })

  test('repositories are pinned to a commit, by branch, tag, version and folder', async () => {
    begin({})
    const repository = join(project, 'repository')
    const git = async (...args: readonly string[]): Promise<string> => {
      const identity = ['-c', 'user.name=x', '-c', 'user.email=x@host.test']
      const { code, shown, stdout } = await runProgram('git', [...identity, ...args], {
        cwd: repository,
        env: { PATH: process.env['PATH'], HOME: folder.path },
      })
      assert.equal(code, 0, shown)
      return stdout.trim()
    }
    write('repository/package.json', {
      name: 'repo',
      version: '1.0.0',
      dependencies: { ms: '1.0.0' },
    })
    write('repository/sub/package.json', { name: 'sub', version: '7.0.0' })
    await git('init', '-q', '-b', 'main')
    await git('add', '-A')
    await git('commit', '-q', '-m', 'one')
    await git('tag', 'v1.0.0')
    write('repository/package.json', { name: 'repo', version: '1.1.0' })
    await git('commit', '-q', '-a', '-m', 'two')
    await git('tag', 'v1.1.0')
    const [commit, first] = [await git('rev-parse', 'HEAD'), await git('rev-parse', 'v1.0.0')]
    const url = `git+file://${repository}`
    write('package.json', {
      dependencies: {
        branch: `${url}#main`,
        tag: `${url}#v1.0.0`,
        version: `${url}#semver:^1.0.0`,
        short: `${url}#${first.slice(0, 8)}`,
        sub: `${url}#path:sub`,
      },
    })
    await install()
    const versions = ['branch', 'tag', 'version', 'short', 'sub'].map((name) =>
      version(`node_modules/${name}`),
    )
    assert.deepEqual(versions, ['1.1.0', '1.0.0', '1.1.0', '1.0.0', '7.0.0'])
    assert.ok(lock().includes(`"repo@${url}#${commit}":`))
    rmSync(join(project, 'node_modules'), { recursive: true })
    rmSync(join(folder.path, 'home'), { recursive: true })
    await install()
    assert.equal(version('node_modules/tag'), '1.0.0')
    write('package.json', { dependencies: { repo: `${url}#nothing` } })
    const { shown } = await run(['install'])
    assert.match(shown, /it has no branch, tag or commit "nothing"; branches are main/)
    write('repository/package.json', {
      name: 'repo',
      version: '1.2.0',
      scripts: { prepare: 'exit 1' },
    })
    await git('commit', '-q', '-a', '-m', 'three')
    write('package.json', { dependencies: { repo: url } })
    assert.match(await install(), /The install scripts of repo@git\+file:\S+ were not run/)
  })

  test('a version of today is not chosen, unless the project says so', async () => {
    const young = {
      modified: new Date().toISOString(),
      time: { '1.0.0': '2020-01-01T00:00:00.000Z', '2.0.0': new Date().toISOString() },
    }
    begin({ dependencies: { fresh: '>=1' } })
    await using fresh = await startPackages({ fresh: { '1.0.0': {}, '2.0.0': {} } }, young)
    write('.npmrc', `registry=${fresh.url}/\n`)
    await install()
    assert.equal(version('node_modules/fresh'), '1.0.0')
    const wanted = { dependencies: { fresh: '>=2' } }
    write('package.json', wanted)
    const { shown } = await run(['install'])
    assert.match(
      shown,
      /"fresh" that is ">=2" may be chosen.*2\.0\.0 was published less than an hour ago/,
    )
    write('package.json', { ...wanted, stele: { minimumReleaseAgeExclude: ['fresh'] } })
    await install()
    assert.equal(version('node_modules/fresh'), '2.0.0')
  })

  test('stele add takes the newest version that is old enough, and says so; where there is none, it says what to do', async () => {
    const [today, before] = [new Date().toISOString(), '2020-01-01T00:00:00.000Z']
    const time = { '1.0.0': before, '1.1.0': before, '2.0.0': today }
    begin({ name: 'own' })
    await using fresh = await startPackages(
      { fresh: { '1.0.0': {}, '1.1.0': {}, '2.0.0': {} } },
      { modified: today, time },
    )
    write('.npmrc', `registry=${fresh.url}/\n`)
    const { shown } = await run(['add', 'fresh'])
    assert.match(
      shown,
      /^fresh 2\.0\.0 was published less than an hour ago, so it is 1\.1\.0: "stele add fresh@2\.0\.0" takes it/m,
    )
    assert.equal(version('node_modules/fresh'), '1.1.0')
    const before2 = readFileSync(join(project, 'package.json'), 'utf8')
    const refused = await run(['add', 'fresh@^2'])
    assert.match(
      refused.shown,
      /may be chosen: 2\.0\.0 was published less than an hour ago\nWait, ask for one by its number \("stele add fresh@2\.0\.0"\)/,
    )
    assert.equal(refused.code, 1)
    assert.equal(readFileSync(join(project, 'package.json'), 'utf8'), before2)
    await run(['update', '--latest'])
    assert.equal(version('node_modules/fresh'), '1.1.0')
    await run(['add', 'fresh@2.0.0'])
    assert.equal(version('node_modules/fresh'), '2.0.0')
  })

  test('versions are chosen for the Node of PATH', async () => {
    begin({ name: 'own' })
    const made = {
      engined: { '1.0.0': { engines: { node: '>=16' } }, '2.0.0': { engines: { node: '>=24' } } },
    }
    await using engined = await startPackages(made)
    write('.npmrc', `registry=${engined.url}/\n`)
    mkdirSync(join(project, 'bin'))
    const node = join(project, 'bin', 'node')
    writeFileSync(node, '#!/bin/sh\necho 18.0.0\necho 108\necho $0\n', { mode: 0o755 })
    const old = { PATH: `${join(project, 'bin')}:${process.env['PATH']}` }
    await run(['add', 'engined@>=1'], project, old)
    assert.equal(version('node_modules/engined'), '1.0.0')
    const { shown } = await run(['doctor'], project, old)
    assert.match(shown, /node +24\.\S+; programs run with 18\.0\.0, .*bin\/node/)
    await run(['update', '--latest'])
    assert.equal(version('node_modules/engined'), '2.0.0')
  })

  test('stele add takes a package of the workspace, and no stranger of that name', async () => {
    begin({ workspaces: ['packages/*'] })
    write('packages/lib/package.json', { name: 'ms', version: '9.0.0' })
    write('packages/app/package.json', { name: 'app' })
    await run(['add', 'ms', '-w', 'app'])
    const app = (): unknown =>
      JSON.parse(readFileSync(join(project, 'packages/app/package.json'), 'utf8')).dependencies
    assert.deepEqual(app(), { ms: '^9.0.0' })
    assert.equal(version('packages/app/node_modules/ms'), '9.0.0')
    const { shown } = await run(['add', 'ms@2', '-w', 'app'])
    assert.match(
      shown,
      /The workspace has "ms" in version 9\.0\.0 \(packages\/lib\), which is not "2"/,
    )
    assert.deepEqual(app(), { ms: '^9.0.0' })
  })

  test('an error names the line of package.json that asked', async () => {
    const rows = [
      ['not a range!', /"ms": "not a range!" cannot be installed.*wanted by package\.json:3:11/],
      [
        '^9.0.0',
        /No version of "ms" is "\^9\.0\.0", wanted by package\.json:3:11; there are 1\.0\.0/,
      ],
      ['npm:nobody@1', /no package "nobody".*wanted by package\.json:3:11/],
      ['workspace:*', /no package "ms" in this workspace, wanted by package\.json:3:11/],
      ['catalog:', /"ms": "catalog:".*package\.json:3:11/],
      [
        'git+file:///nowhere',
        /Cannot install "git\+file:\/\/\/nowhere", wanted by package\.json:3:11/,
      ],
    ] as const
    for (const [specifier, message] of rows) {
      begin({})
      write('package.json', `{\n  "dependencies": {\n    "ms": "${specifier}"\n  }\n}\n`)
      const { code, shown } = await run(['install'])
      assert.equal(code, 1)
      assert.match(shown, message)
    }
  })

  test('a source of a dependency is refused, with the way to it', async () => {
    begin({ dependencies: { exotic: '*' } })
    const { code, shown } = await run(['install'])
    assert.equal(code, 1)
    assert.match(shown, /wanted by exotic@1\.0\.0, which is wanted by package\.json/)
    assert.match(shown, /only your own package\.json may name such a source/)
    assert.match(shown, /add "exotic" to "exoticDependencies" below "stele"/)
  })
})
