// Flags of npm as scripts and build servers have them, typed to Stele's client.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { makeProject, type Project } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const manifest = {
  name: 'app',
  scripts: { where: 'pwd' },
  dependencies: { left: '^1.0.0' },
  devDependencies: { tool: '^1.0.0' },
  optionalDependencies: { extra: '^1.0.0' },
}

suite('flags', { concurrency: 1 }, () => {
  let registry: EvilUpstream
  let folder: Folder
  let count = 0
  const begin = (npmrc?: string): Promise<Project> =>
    makeProject(join(folder.path, `p${count++}`), registry.url, {
      'package.json': JSON.stringify(manifest),
      ...(npmrc === undefined ? {} : { '.npmrc': npmrc }),
    })

  before(async () => {
    folder = await makeFolder('client-flags')
    registry = await startEvilUpstream()
    registry.put('newer', [{ version: '1.0.0', manifest: { engines: { node: '>=99' } } }])
    registry.put('plugin', [{ version: '1.0.0', manifest: { peerDependencies: { left: '^2' } } }])
    for (const name of ['left', 'tool', 'extra', 'more']) registry.put(name, [{ version: '1.0.0' }])
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  // what is typed, what .npmrc says beside the registry, the environment, and what is in node_modules
  const rows: readonly (readonly [string, string, { [name: string]: string }, string])[] = [
    ['install', '', {}, 'extra left tool'],
    ['install', '', { NODE_ENV: 'production' }, 'extra left'],
    ['install --include dev', '', { NODE_ENV: 'production' }, 'extra left tool'],
    ['install', 'omit=dev', {}, 'extra left'],
    ['install', 'omit[]=dev\nomit[]=optional', {}, 'left'],
    ['install --omit optional', 'omit=dev', {}, 'left tool'],
    ['install --no-optional', '', {}, 'left tool'],
    ['install --only=prod --no-audit --no-fund --legacy-peer-deps', '', {}, 'extra left'],
    ['--no-audit --loglevel=error install --cache c', '', {}, 'extra left tool'],
    ['install more --no-save', '', {}, 'extra left more tool'],
    ['install --install-strategy=hoisted', '', {}, 'extra left tool'],
    ['install --lockfile-only', '', {}, ''],
    ['install --package-lock-only', '', {}, ''],
  ]
  for (const [typed, npmrc, env, installed] of rows) {
    const where = [npmrc.replace('\n', ' '), ...Object.entries(env).map((each) => each.join('='))]
    test(`"stele ${typed}" with "${where.join(' ').trim()}" installs ${installed}`, async () => {
      const { folder: at, stele } = await begin(`registry=${registry.url}/\n${npmrc}\n`)
      const { code, shown } = await stele(typed.split(' '), env)
      assert.equal(code, 0, shown)
      const names = ['extra', 'left', 'more', 'tool']
      const there = names.filter((name) => existsSync(join(at, 'node_modules', name)))
      assert.equal(there.join(' '), installed)
    })
  }

  test('the registry may stand before the command, and behind it', async () => {
    for (const typed of [`--registry ${registry.url} install`, `ci --registry=${registry.url}`]) {
      const { folder: at, stele } = await begin('registry=http://127.0.0.1:1/\nfetch-retries=0\n')
      const words = typed.split(' ')
      if (words[0] === 'ci') await stele(['install', ...words.slice(1)])
      const { code, shown } = await stele(words)
      assert.equal(code, 0, shown)
      assert.ok(existsSync(join(at, 'node_modules', 'left')))
    }
  })

  test('--no-save leaves package.json and the lock; the next installation takes away what it added', async () => {
    const { folder: at, stele } = await begin()
    await stele(['install'])
    const texts = (): readonly string[] =>
      ['package.json', 'stele.lock'].map((name) => readFileSync(join(at, name), 'utf8'))
    const first = texts()
    await stele(['install', 'more', '--no-save'])
    assert.deepEqual(texts(), first)
    assert.ok(existsSync(join(at, 'node_modules', 'more')))
    const { shown } = await stele(['install'])
    assert.match(shown, /1 removed/)
    assert.ok(!existsSync(join(at, 'node_modules', 'more')))
    await stele(['remove', 'left', '--no-save'])
    assert.deepEqual(texts(), first)
    assert.ok(!existsSync(join(at, 'node_modules', 'left')))
    await stele(['install'])
    assert.ok(existsSync(join(at, 'node_modules', 'left')))
  })

  test('--lockfile-only writes package.json and the lock; what is installed stays, until an installation follows', async () => {
    const { folder: at, stele } = await begin()
    await stele(['install'])
    const added = await stele(['add', 'more', '--lockfile-only'])
    assert.equal(added.code, 0, added.shown)
    assert.match(added.stdout, /\+ more 1\.0\.0\n.*stele\.lock was written/)
    assert.ok(!existsSync(join(at, 'node_modules', 'more')))
    assert.match(readFileSync(join(at, 'package.json'), 'utf8'), /"more":"\^1\.0\.0"/)
    const ci = await stele(['ci'])
    assert.equal(ci.code, 0, ci.shown)
    assert.ok(existsSync(join(at, 'node_modules', 'more')))
    const removed = await stele(['remove', 'more', '--lockfile-only'])
    assert.equal(removed.code, 0, removed.shown)
    assert.ok(existsSync(join(at, 'node_modules', 'more')))
    const global = await stele(['install', '-g', 'more', '--lockfile-only'])
    assert.equal(global.code, 2)
    assert.match(global.stderr, /leave --global out/)
  })

  // what is added, the flag, and what an error says; without the flag it is told
  const strict: readonly (readonly [string, string, RegExp])[] = [
    ['newer', '--engine-strict', /newer@1\.0\.0 wants (?:Node )?>=99/],
    ['plugin', '--strict-peer-deps', /plugin@1\.0\.0 wants the peer left@\^2/],
  ]
  for (const [name, flag, told] of strict) {
    test(`${flag} refuses "${name}", also from .npmrc; without it that is told`, async () => {
      const { folder: at, stele } = await begin()
      await stele(['install'])
      const typed = await stele(['add', name, flag])
      assert.equal(typed.code, 1, typed.shown)
      assert.match(typed.stderr, told)
      const file = join(at, '.npmrc')
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n${flag.slice(2)}=true\n`)
      assert.equal((await stele(['add', name])).code, 1)
      assert.ok(!existsSync(join(at, 'node_modules', name)))
      assert.ok(!readFileSync(join(at, 'package.json'), 'utf8').includes(name))
      const { code, shown } = await stele(['add', name, `--no-${flag.slice(2)}`])
      assert.equal(code, 0, shown)
      assert.match(shown, told)
      const optional = await begin(`registry=${registry.url}/\n${flag.slice(2)}=true\n`)
      const left = await optional.stele(['add', '-O', name, '--dry-run'])
      assert.equal(left.code, name === 'newer' ? 0 : 1, left.shown)
    })
  }

  test('run --prefix runs in that folder, wherever the flag stands', async () => {
    const { folder: at, stele } = await begin()
    const elsewhere = await begin()
    for (const words of [
      ['--prefix', at, 'run', 'where'],
      ['run', '--prefix', at, 'where'],
      ['run', 'where', '-C', at],
    ]) {
      const { stdout, shown } = await elsewhere.stele(words)
      assert.ok(stdout.includes(at), shown)
    }
    assert.ok((await stele(['run', 'where'])).stdout.includes(at))
  })

  test('what only npm does is left to npm, in so many words', async () => {
    const { stele } = await begin()
    const { code, stderr } = await stele(['view', 'left', 'version'])
    assert.equal(code, 2)
    assert.match(stderr, /^There is no command "view": "npm view" does that, with the same \.npmrc/)
    const cache = await stele(['cache', 'clean'])
    assert.match(cache.stderr, /^There is no command "cache": "stele store verify" and/)
  })

  test('an unknown flag is an error that names the nearest one, and nothing is done', async () => {
    const { folder: at, stele } = await begin()
    for (const words of [
      ['install', '--save-exakt'],
      ['--save-exakt', 'install'],
    ]) {
      const { code, stderr } = await stele(words)
      assert.equal(code, 2)
      assert.match(stderr, /^Unknown option --save-exakt; did you mean --save-exact\?/)
    }
    assert.ok(!existsSync(join(at, 'node_modules')))
  })
})
