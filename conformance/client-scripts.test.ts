// Scripts: a project's own, those of its dependencies where they were approved, and programs that are fetched to be run.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { environmentIn, runStele, startMade } from './client-trials.ts'
import { runProgram, spawnOwn } from './processes.ts'
import type { FileServer } from './static-files.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const main = join(import.meta.dirname, '..', 'packages', 'stele', 'src', 'main.ts')

/** It tells when it runs, and writes into what it depends on. */
const buildSource = `
const { appendFileSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
appendFileSync(process.env.RUNS, process.env.npm_package_name + ' ')
writeFileSync('made.js', 'module.exports = ' + JSON.stringify('made on ' + process.platform))
writeFileSync(join(dirname(require.resolve('tool/package.json')), 'harm.txt'), '')
`
const gypSource = `#!/usr/bin/env node
const made = [process.argv.slice(2).join(), process.env.npm_config_nodedir]
require('node:fs').writeFileSync('build.json', JSON.stringify(made))`
const toolSource = '#!/usr/bin/env node\nrequire("node:fs").writeFileSync("tooled.txt", "")'
const userFiles = { 'index.js': 'module.exports = require("built")' }

const hello = (version: string) => ({
  name: 'say-hello',
  version,
  bin: { 'say-hello': 'hello.js' },
  files: {
    'hello.js': `#!/usr/bin/env node
console.log('hello', '${version}', process.argv.slice(2).join(), process.env.npm_package_name)`,
  },
})
const creator = (name: string) => ({
  name,
  version: '1.0.0',
  bin: { 'create-thing': 'create.js' },
  files: {
    'create.js': `#!/usr/bin/env node
const [client] = process.env.npm_config_user_agent.split('/')
console.log('created', ...process.argv.slice(2), 'with', client)`,
  },
})

suite('scripts', { concurrency: 1 }, () => {
  let folder: Folder
  let registry: FileServer
  let project: string
  let count = 0
  const env = (): NodeJS.ProcessEnv => ({
    ...environmentIn(folder.path, `${registry.url}/`),
    RUNS: join(project, 'runs'),
  })
  const write = (path: string, content: object | string): void => {
    const file = join(project, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
  const begin = (manifest: object): void => {
    project = join(folder.path, `p${count++}`)
    write('package.json', manifest)
  }
  const stele = async (args: readonly string[], code = 0, more = {}) => {
    const done = await runStele(args, { cwd: project, env: { ...env(), ...more } })
    assert.equal(done.code, code, done.shown)
    return done
  }

  before(async () => {
    folder = await makeFolder('client-scripts')
    registry = await startMade([
      { name: 'left', version: '1.0.0' },
      {
        name: 'tool',
        version: '1.0.0',
        bin: { tool: 'tool.js' },
        files: { 'tool.js': toolSource },
      },
      {
        name: 'built',
        version: '1.0.0',
        dependencies: { tool: '*' },
        manifest: { scripts: { postinstall: 'node build.js && tool' } },
        files: { 'build.js': buildSource, 'index.js': 'module.exports = require("./made.js")' },
      },
      { name: 'user', version: '1.0.0', dependencies: { built: '*' }, files: userFiles },
      {
        name: 'broken',
        version: '1.0.0',
        manifest: { scripts: { install: 'echo sorry; exit 9' } },
      },
      {
        name: 'moody',
        version: '1.0.0',
        manifest: {
          scripts: { postinstall: 'test ! -e "$(dirname "$RUNS")/mood" && node moody.js' },
        },
        files: {
          'moody.js':
            "require('node:fs').writeFileSync('made.js', `exports.at = ${process.hrtime.bigint()}`)",
        },
      },
      hello('1.0.0'),
      hello('2.0.0'),
      creator('create-thing'),
      creator('@of/create-thing'),
      {
        name: 'compiled',
        version: '1.0.0',
        files: { 'binding.gyp': '{}', 'index.js': 'module.exports = require("./build.json")' },
      },
      {
        name: 'node-gyp',
        version: '1.0.0',
        bin: { 'node-gyp': 'gyp.js' },
        files: { 'gyp.js': gypSource },
      },
    ])
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('stele run runs a script with those before and after it, and passes on its arguments', async () => {
    begin({
      name: 'own',
      version: '1.0.0',
      scripts: {
        prebuild: 'echo before',
        build: 'node -p "process.argv.slice(1).join()" --',
        postbuild: 'echo after $npm_lifecycle_event of $npm_package_name',
      },
    })
    const { stdout, stderr } = await stele(['run', 'build', 'a b', '--watch', '--', '-r', '$HOME'])
    assert.equal(stdout, 'before\na b,--watch,-r,$HOME\nafter postbuild of own\n')
    assert.match(stderr, /^> own@1\.0\.0 prebuild$/m)
    const data = await stele(['run', '--json', 'build'])
    const results = [{ package: 'own', event: 'build', code: 0 }]
    assert.deepEqual(JSON.parse(data.stdout), { results, code: 0 })
    const plain = await stele(['run', 'build', '--ignore-scripts', '--silent'])
    assert.equal(plain.shown, '\n')
  })

  test('stele run ends as the script ends, also by a signal', async () => {
    begin({ name: 'own', scripts: { fail: 'exit 7', wait: 'echo waiting && exec sleep 30' } })
    await stele(['run', 'fail'], 7)
    const child = spawnOwn(process.execPath, [main, 'run', 'wait'], { cwd: project, env: env() })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGTERM')
    const [, signal] = await new Promise<readonly unknown[]>((resolve) =>
      child.once('close', (...ended) => resolve(ended)),
    )
    assert.equal(signal, 'SIGTERM')
  })

  test('stele run lists scripts, and names the nearest where there is no such', async () => {
    begin({ name: 'own', scripts: { build: 'echo building' } })
    const listed = await stele(['run'])
    assert.equal(listed.stdout, 'Scripts of own:\n  build\n    echo building\n')
    const wrong = await stele(['run', 'biuld'], 2)
    assert.match(wrong.shown, /"own" has no script "biuld"; did you mean "build"\?/)
    await stele(['run', 'biuld', '--if-present'])
    await stele(['test'], 2)
    await stele(['start', '--if-present'])
    const command = await stele(['build'], 2)
    assert.match(
      command.shown,
      /no command "build"; "stele run build" runs the script of that name/,
    )
  })

  test('stele restart stops and starts, and start takes server.js', async () => {
    begin({ name: 'own', scripts: { stop: 'echo stopping', prestart: 'echo soon' } })
    write('server.js', 'console.log("serving", process.argv.slice(2).join())')
    const { stdout } = await stele(['restart', 'x'])
    assert.equal(stdout, 'stopping\nsoon\nserving x\n')
  })

  test('stele run -r runs in all packages, after those that they depend on', async () => {
    begin({ name: 'root', workspaces: ['packages/*'], scripts: { build: 'stele run -r build' } })
    const build = (name: string) => ({
      build: `echo ${name} >> "$INIT_CWD/order" && echo did ${name}`,
    })
    write('packages/a/package.json', { name: 'a', scripts: build('a'), dependencies: { z: '*' } })
    write('packages/m/package.json', { name: 'm', scripts: {}, dependencies: { a: '*' } })
    write('packages/z/package.json', { name: 'z', scripts: build('z') })
    const { stdout } = await stele(['run', '-r', 'build'])
    assert.equal(stdout, 'z: did z\na: did a\n')
    const one = await stele(['run', 'build', '-w', 'a', '--silent'])
    assert.equal(one.shown, 'did a\n')
    const { stdout: needed } = await stele(['run', '--filter', 'm...', 'build'])
    assert.equal(needed, 'z: did z\na: did a\n')
    await stele(['run', '-w', 'm', 'build'], 2)
  })

  test('stele run -r stops at the first failure, unless --no-bail is said', async () => {
    begin({ name: 'root', workspaces: ['packages/*'] })
    write('packages/a/package.json', { name: 'a', scripts: { test: 'exit 3' } })
    const needs = { dependencies: { a: '*' } }
    write('packages/b/package.json', { name: 'b', scripts: { test: 'echo ran' }, ...needs })
    const first = await stele(['test', '-r'], 3)
    assert.doesNotMatch(first.stdout, /ran/)
    const all = await stele(['test', '-r', '--no-bail'], 3)
    assert.match(all.stdout, /b: ran\n/)
    assert.match(all.stdout, /"test" of a failed with 3/)
  })

  const npm = join(import.meta.dirname, 'clients', 'node_modules', 'npm12', 'bin', 'npm-cli.js')
  /** What npm tells of itself alone, and of programs that it brings. */
  const ofNpmAlone = [
    'npm_config_global_ignore_file',
    'npm_config_node_gyp',
    'npm_config_noproxy',
    'npm_config_npm_version',
    'npm_config_prefix',
    'npm_config_user_agent',
    'npm_execpath',
    'PATH',
  ]

  test('scripts find the variables that npm gives them, with the same values', async () => {
    begin({
      name: '@s/own',
      version: '1.2.3',
      bin: { 'my-tool': 'x.js' },
      engines: { node: '>=20' },
      config: { port: 8080, list: ['a', { b: null }] },
      scripts: { show: 'node -p "JSON.stringify(process.env)"' },
    })
    write('.npmrc', 'some-setting=7\nsave-exact=true\n//127.0.0.1/:_authToken=secret\n')
    const options = { cwd: project, env: { ...env(), PATH: `${dirname(process.execPath)}:/bin` } }
    const args = [npm, 'run', 'show']
    const { stdout } = await runProgram(process.execPath, args, options)
    const wanted = JSON.parse(stdout.slice(stdout.indexOf('{')))
    const done = await runStele(['run', 'show'], options)
    const found = JSON.parse(done.stdout)
    for (const name of ofNpmAlone) delete wanted[name]
    const same = Object.fromEntries(Object.keys(wanted).map((name) => [name, found[name]]))
    assert.deepEqual(same, wanted)
    assert.doesNotMatch(done.stdout, /secret/)
  })

  const events = [
    'preinstall',
    'install',
    'postinstall',
    'prepublish',
    'preprepare',
    'prepare',
    'postprepare',
    'predependencies',
    'dependencies',
    'postdependencies',
  ]
  const noting = (name: string) =>
    Object.fromEntries(
      events.map((event) => [event, `echo ${name}$npm_lifecycle_event >> "$INIT_CWD/order"`]),
    )
  const order = (): string => {
    const path = join(project, 'order')
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    rmSync(path, { force: true })
    return text.trim().replaceAll('\n', ' ')
  }
  const ofRoot = 'install postinstall prepublish preprepare prepare postprepare'
  const ofChange = 'predependencies dependencies postdependencies'

  test("stele install and ci run the project's own scripts in npm's order, add does not", async () => {
    begin({ name: 'own', scripts: noting(''), dependencies: { left: '*' } })
    await stele(['install'])
    assert.equal(order(), `preinstall ${ofChange} ${ofRoot}`)
    await stele(['install'])
    assert.equal(order(), `preinstall ${ofRoot}`)
    await stele(['ci'])
    assert.equal(order(), `preinstall ${ofChange} ${ofRoot}`)
    await stele(['remove', 'left'])
    await stele(['add', 'left'])
    assert.equal(order(), `${ofChange} ${ofChange}`)
    await stele(['install', '--ignore-scripts'])
    write('.npmrc', 'ignore-scripts=true\n')
    await stele(['install'])
    await stele(['install', '--dry-run'])
    assert.equal(order(), '')
    await stele(['run', 'prepare'])
    assert.equal(order(), 'prepare')
  })

  test('npm runs the same scripts in the same order', async () => {
    begin({ name: 'own', scripts: noting(''), workspaces: ['packages/*'] })
    write('packages/a/package.json', { name: 'a', scripts: noting('a-') })
    write('packages/b/package.json', {
      name: 'b',
      scripts: noting('b-'),
      dependencies: { left: '*' },
    })
    const options = { cwd: project, env: env() }
    const args = ['--no-audit', '--no-fund', '--script-shell=sh']
    const done = await runProgram(process.execPath, [npm, 'install', ...args], options)
    assert.equal(done.code, 0, done.shown)
    const ofNpm = order()
    rmSync(join(project, 'node_modules'), { recursive: true })
    await stele(['install'])
    assert.equal(order().replaceAll('b-', 'a-'), ofNpm.replaceAll('b-', 'a-'))
    await stele(['add', 'left'])
    assert.doesNotMatch(order(), /\b(?<!-)prepare/)
  })

  test('a preinstall script may write the .npmrc that the installation goes by', async () => {
    begin({
      name: 'own',
      scripts: { preinstall: 'echo "registry=$WANTED" > .npmrc' },
      dependencies: { left: '*' },
    })
    const { npm_config_registry: WANTED, ...others } = env()
    const options = { cwd: project, env: { ...others, WANTED } }
    const done = await runStele(['install'], options)
    assert.equal(done.code, 0, done.shown)
  })

  test('a script that fails ends the installation, and what it said is shown', async () => {
    begin({ name: 'own', version: '1.0.0', workspaces: ['a'] })
    write('a/package.json', { name: 'a', scripts: { postinstall: 'echo no luck; exit 4' } })
    const { shown } = await stele(['install'], 1)
    assert.match(shown, /"postinstall" of a failed with 4: echo no luck; exit 4\n {2}no luck/)
  })

  const made = (name = 'built'): string => {
    const main = join(project, 'node_modules', name, 'index.js')
    const done = spawnSync(process.execPath, ['-p', `require(${JSON.stringify(main)})`])
    return done.status === 0 ? done.stdout.toString().trim() : 'not made'
  }
  const runs = (): string => {
    const path = join(project, 'runs')
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  }

  test('install scripts of dependencies are not run, and the installation says so', async () => {
    begin({ name: 'own', dependencies: { built: '*', left: '*', compiled: '*' } })
    const { shown } = await stele(['install'])
    assert.match(
      shown,
      /^Install scripts were not run, of built@1\.0\.0, compiled@1\.0\.0: "stele app/m,
    )
    assert.equal(made(), 'not made')
    const { shown: listed } = await stele(['approve'])
    assert.match(
      listed,
      /^built@1\.0\.0\n {2}postinstall: node build\.js && tool\n.*\/build\.js \(\d lines\)/m,
    )
    assert.match(listed, /^compiled@1\.0\.0\n {2}install: node-gyp rebuild\n.*\/binding\.gyp/m)
    await stele(['approve', '--check'], 1)
    const wrong = await stele(['approve', 'bilt'], 2)
    assert.match(
      wrong.shown,
      /"bilt" is not installed, or has no install scripts; did you mean "built"/,
    )
  })

  for (const layout of ['global', 'project', 'hoisted']) {
    test(`approved scripts run once, on copies, in the layout ${layout}`, async () => {
      begin({ name: 'own', dependencies: { user: '*' }, stele: { layout } })
      await stele(['install'])
      await stele(['approve', 'built', '--yes'])
      assert.equal(made('user'), `made on ${process.platform}`)
      const harmed = join(project, 'node_modules', 'user', 'node_modules', 'tool', 'harm.txt')
      assert.ok(!existsSync(harmed))
      const first = layout === 'global' ? 'built' : ''
      assert.equal(runs(), first) // The other layouts find it in the store.
      assert.match((await stele(['install'])).shown, /nothing to do/)
      rmSync(join(project, 'node_modules'), { recursive: true })
      await stele(['ci'])
      assert.equal(made('user'), `made on ${process.platform}`)
      assert.equal(runs(), first)
      await stele(['store', 'verify'])
      await stele(['install', '--ignore-scripts'])
      assert.equal(made('user'), 'not made')
    })
  }

  test('an approval is for the very contents of a version', async () => {
    begin({
      name: 'own',
      dependencies: { built: '*' },
      stele: { scripts: { 'built@1.0.0': 'sha512-other' } },
    })
    const { shown } = await stele(['install'])
    assert.match(shown, /built@1\.0\.0 were not run: they are approved for other contents/)
    assert.equal(made(), 'not made')
  })

  test('scripts that are denied are not spoken of any more', async () => {
    begin({ name: 'own', dependencies: { built: '*' } })
    await stele(['install'])
    await stele(['approve', '--deny', 'built'])
    const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).stele
    assert.deepEqual(scripts, { 'built@1.0.0': false })
    rmSync(join(project, 'node_modules'), { recursive: true })
    assert.doesNotMatch((await stele(['install'])).shown, /scripts/)
    await stele(['approve', '--check'])
  })

  test('a build that fails ends the installation, unless the package is optional', async () => {
    begin({ name: 'own', dependencies: { broken: '*' } })
    await stele(['install'])
    const failed = await stele(['approve', 'broken', '--yes'], 1)
    assert.match(
      failed.shown,
      /"install" of broken@1\.0\.0 failed with 9: echo sorry; exit 9\n {2}sorry/,
    )
    const { stele: own } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    begin({ name: 'own', optionalDependencies: { broken: '*' }, stele: own })
    assert.match((await stele(['install'])).shown, /failed with 9.*It is optional/)
  })

  test('stele rebuild runs approved scripts again', async () => {
    begin({ name: 'own', dependencies: { built: '*', broken: '*' } })
    await stele(['install'])
    await stele(['approve', 'built', '--yes'])
    const before = runs()
    await stele(['rebuild'])
    assert.equal(runs(), `${before} built`.trim())
    assert.equal(made(), `made on ${process.platform}`)
    const { shown } = await stele(['rebuild', 'broken'], 2)
    assert.match(shown, /No install scripts of "broken" are approved; run "stele approve broken"/)
  })

  for (const layout of ['global', 'project']) {
    test(`what was built stays where it cannot be built again, in the layout ${layout}`, async () => {
      begin({ name: 'own', dependencies: { moody: '*' } })
      await stele(['install', '--layout', layout])
      await stele(['approve', 'moody', '--yes'])
      const file = join(project, 'node_modules', 'moody', 'made.js')
      const before = readFileSync(file, 'utf8')
      writeFileSync(join(project, 'mood'), '')
      assert.match((await stele(['rebuild'], 1)).shown, /"postinstall" of moody@1\.0\.0 failed/)
      assert.equal(readFileSync(file, 'utf8'), before)
      await stele(['install'])
      assert.equal(readFileSync(file, 'utf8'), before)
      rmSync(join(project, 'mood'))
      await stele(['rebuild'])
      assert.notEqual(readFileSync(file, 'utf8'), before)
      await stele(['store', 'verify'])
    })
  }

  test('stele exec runs a program of the project, else one that it fetches and keeps', async () => {
    begin({ name: 'own', dependencies: { 'say-hello': '1' } })
    await stele(['install'])
    const own = await stele(['exec', 'say-hello', '--', '-y', 'a b'])
    assert.equal(own.shown, 'hello 1.0.0 --,-y,a b own\n')
    begin({ name: 'mine', bin: { mine: 'mine.js' } })
    write('mine.js', 'console.log("mine", process.argv[2])')
    assert.equal((await stele(['exec', 'mine', 'x'])).shown, 'mine x\n')
    begin({ name: 'other' })
    const first = await stele(['exec', 'say-hello@2', '--loud'])
    assert.equal(first.shown, 'Fetching say-hello@2\nhello 2.0.0 --loud other\n')
    const kept = await stele(['exec', '--offline', 'say-hello@2'])
    assert.equal(kept.shown, 'hello 2.0.0  other\n')
    await stele(['exec', '--no-yes', 'built'], 2)
    const forbidden = await stele(['exec', 'built'], 2, { npm_config_yes: 'false' })
    assert.match(forbidden.shown, /^built would have to be fetched, and "yes" in .npmrc/)
    const absent = await stele(['exec', 'nobody'], 1)
    assert.match(absent.shown, /There is no package "nobody" at [^ ]+\nCheck the spelling$/m)
    const line = ['exec', '-p', 'say-hello@2', '-c', 'say-hello $npm_lifecycle_event; exit 5']
    assert.equal((await stele(line, 5)).stdout, 'hello 2.0.0 npx other\n')
    assert.match((await stele(['dlx', 'left'], 2)).shown, /"left" brings no program/)
    const { shown } = await stele(['dlx', '--package', 'built', '-c', 'true'])
    assert.match(shown, /The install scripts of built@1\.0\.0 were not run/)
    const approved = ['dlx', '--allow-scripts', 'built', '--package', 'built', '-c', 'true']
    assert.doesNotMatch((await stele(approved)).shown, /not run/)
  })

  test('stele create runs the program of a template', async () => {
    begin({ name: 'own' })
    const { stdout } = await stele(['create', 'thing', 'app', '--', '--fast'])
    assert.equal(stdout, 'created app --fast with stele\n')
    assert.equal((await stele(['init', '@of/thing', 'b'])).stdout, 'created b with stele\n')
  })

  test('a repository is prepared where that was approved, with what it needs to be developed', async () => {
    begin({})
    write('repository/package.json', {
      name: 'repo',
      version: '1.0.0',
      main: 'out.js',
      devDependencies: { left: '*' },
      scripts: { prepare: 'node make.js' },
    })
    write(
      'repository/make.js',
      'require("node:fs").writeFileSync("out.js", "module.exports = 1 + " + (require("left") ? 1 : 0))',
    )
    const repository = join(project, 'repository')
    const own = ['-c', 'user.name=x', '-c', 'user.email=x@host.test']
    for (const args of [
      ['init', '-q'],
      ['add', '-A'],
      ['commit', '-q', '-m', 'one'],
    ]) {
      spawnSync('git', [...own, ...args], { cwd: repository })
    }
    write('package.json', { name: 'own', dependencies: { repo: `git+file://${repository}` } })
    const { shown } = await stele(['install'])
    assert.match(shown, /The install scripts of repo@git\+file:\S+ were not run/)
    assert.match((await stele(['approve'])).shown, / {2}prepare: node make\.js\n.*\/make\.js/)
    await stele(['approve', 'repo', '--yes'])
    const value = spawnSync(process.execPath, ['-p', 'require("repo")'], { cwd: project })
    assert.equal(value.stdout.toString(), '2\n')
    assert.ok(!existsSync(join(project, 'node_modules', 'repo', 'node_modules')))
    assert.match((await stele(['install'])).shown, /nothing to do/)
  })

  test('what is to be compiled gets a node-gyp, and the headers beside Node', async () => {
    begin({ name: 'own', dependencies: { compiled: '*' } })
    const { npm_config_registry: registry, ...others } = env()
    write('.npmrc', `registry=${registry}`)
    const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
    const options = { cwd: project, env: { ...others, PATH } }
    for (const args of [['install'], ['approve', 'compiled', '--yes']]) {
      const done = await runStele(args, options)
      assert.equal(done.code, 0, done.shown)
    }
    const built = readFileSync(join(project, 'node_modules', 'compiled', 'build.json'), 'utf8')
    const beside = dirname(dirname(realpathSync(process.execPath)))
    const headers = existsSync(join(beside, 'include', 'node', 'node.h')) ? beside : null
    assert.deepEqual(JSON.parse(built), ['rebuild', headers])
  })

  const patch = (from: string, to: string): string =>
    `diff --git a/index.js b/index.js\n--- a/index.js\n+++ b/index.js\n@@ -1 +1 @@\n-${from}\n\\ No newline at end of file\n+${to}\n`

  test('packages are patched as pnpm has it, also those whose scripts run', async () => {
    const patchedDependencies = { 'user@1.0.0': 'patches/user.patch', left: 'patches/left.patch' }
    begin({ name: 'own', dependencies: { user: '*' }, pnpm: { patchedDependencies } })
    write(
      'patches/user.patch',
      patch('module.exports = require("built")', 'module.exports = "patched"'),
    )
    write('patches/left.patch', '')
    const { shown } = await stele(['install'])
    assert.equal(made('user'), 'patched')
    assert.match(shown, /The patch for "left" fits nothing that is installed/)
    assert.match((await stele(['install'])).shown, /nothing to do/)
    write(
      'patches/user.patch',
      patch('module.exports = require("built")', 'module.exports = "again"'),
    )
    await stele(['install'])
    assert.equal(made('user'), 'again')
    await stele(['install', '--layout', 'hoisted'])
    assert.equal(made('user'), 'again')
    write('patches/user.patch', patch('something else', 'x'))
    const failed = await stele(['install'], 1)
    assert.match(
      failed.shown,
      /Cannot apply the patch "patches\/user\.patch" to user@1\.0\.0: .*index\.js/,
    )
    const script = 'module.exports = require("./made.js")'
    begin({
      name: 'own',
      dependencies: { built: '*' },
      stele: { patchedDependencies: { built: 'built.patch' } },
    })
    write('built.patch', patch(script, `${script} + "!"`))
    await stele(['install'])
    assert.equal(made(), 'not made')
    await stele(['approve', 'built', '--yes'])
    assert.equal(made(), `made on ${process.platform}!`)
  })

  test('stele patch-commit makes a patch of what was changed in the folder of stele patch', async () => {
    begin({ name: 'own', dependencies: { user: '*' } })
    await stele(['install'])
    const { folder: place } = JSON.parse((await stele(['patch', 'user', '--json'])).stdout)
    await stele(['patch-commit', place], 2)
    writeFileSync(join(place, 'index.js'), 'module.exports = require("./new.js")\n')
    writeFileSync(join(place, 'new.js'), 'module.exports = "patched"\n')
    const { shown } = await stele(['patch-commit', place])
    assert.match(shown, /^user@1\.0\.0 is patched by patches\/user@1\.0\.0\.patch$/m)
    assert.equal(made('user'), 'patched')
    assert.ok(!existsSync(place))
    rmSync(join(project, 'node_modules'), { recursive: true })
    await stele(['ci'])
    assert.equal(made('user'), 'patched')
    assert.match((await stele(['patch', 'usr'], 2)).shown, /"usr" is not in stele\.lock/)
  })
})
