// Looking at packages, installing them, searching.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { readJson, setFolder, type World } from '../npm-world.ts'
import { app } from './packages.ts'
import { done, type Row, refused } from './row.ts'

export const viewing: readonly Row[] = [
  done('view shows a package', 'view left', {
    shows: [/left@1\.2\.0 .* MIT .* versions: 4/, /Goes left/, /next: 2\.0\.0-beta\.1/, /by alice/],
    asks: /^GET \/left 200$/m,
  }),
  done('view asks only whether anything changed the second time', 'view left', {
    shows: /left@1\.2\.0/,
    asks: /^GET \/left 304$/m,
  }),
  done('view --json is JSON with versions, tags, times and maintainers', 'view left --json', {
    check: (_world, { stdout }) => {
      const [found] = [JSON.parse(stdout)].flat() // A list from npm 12.
      assert.deepEqual(found.versions, ['1.0.0', '1.1.0', '1.2.0', '2.0.0-beta.1'])
      assert.deepEqual(found['dist-tags'], { latest: '1.2.0', next: '2.0.0-beta.1' })
      assert.equal(Object.keys(found.time).length, 6)
      assert.match(JSON.stringify(found.maintainers), /alice/)
    },
  }),
  done('view of a tag shows its version', 'view left@next version', {
    shows: /^2\.0\.0-beta\.1$/m,
  }),
  done('view of a range shows the versions in it', 'view left@^1.1.0 version --json', {
    check: (_world, { stdout }) => assert.deepEqual(JSON.parse(stdout), ['1.1.0', '1.2.0']),
  }),
  done('view shows members of a scoped package', 'view @alice/right dist.tarball', {
    shows: /http:\/\/localhost:\d+\/@alice\/right\/-\/right-1\.0\.0\.tgz/,
  }),
  done('view shows the readme', 'view left readme', {
    shows: /# Left/,
  }),
  refused('view of an unknown package fails with the reason', 'view nobody-has-this', {
    shows: [/E404/, /it is not in this registry/],
  }),
  refused('view of an unknown version fails', 'view left@9', {
    shows: /No match found for version 9/,
  }),
]

export const installing: readonly Row[] = [
  done('install brings a package with its dependencies', 'install house', {
    in: 'app',
    files: app({}),
    shows: /added 3 packages/,
    check: ({ path, proxy }) => {
      const lock = JSON.stringify(readJson(path('app', 'package-lock.json')))
      assert.match(lock, /"integrity":"sha512-/)
      assert.ok(lock.includes(`"resolved":"${proxy.url}/left/-/left-1.2.0.tgz"`), lock)
    },
  }),
  done('what was installed runs', ['exec', '--no', '-c', `node -p "require('house')"`], {
    in: 'app',
    shows: /^left 1\.2\.0, right 1\.0\.0$/m,
  }),
  done('exec runs the bin of an installed package', 'exec --no left', {
    in: 'app',
    shows: /^ran left 1\.2\.0$/m,
  }),
  done('exec fetches what is not installed', 'exec --yes left@1.1.0', {
    in: 'empty',
    files: app({}),
    shows: /^ran left 1\.1\.0$/m,
  }),
  done('ci installs from the lock file with an empty cache', 'ci', {
    in: 'app',
    shows: /added 3 packages/,
    prepare: async ({ users }) => rm(`${users.alice.home}/cache`, { recursive: true, force: true }),
    asks: /^GET \/left\/-\/left-1\.2\.0\.tgz 200$/m,
  }),
  done('install brings a scoped package', 'install @alice/right', {
    in: 'scoped',
    files: app({}),
    shows: /added 1 package/,
    check: ({ path }) =>
      assert.ok(existsSync(path('scoped', 'node_modules', '@alice', 'right', 'index.js'))),
  }),
  done('install without a log-in works', ['install', 'left', '--userconfig', 'none'], {
    in: 'stranger',
    files: app({}),
    shows: /added 1 package/,
  }),
  done('install of an exact version brings that one', 'install', {
    in: 'old-app',
    files: app({ left: '1.0.0' }),
    shows: /added 1 package/,
    check: ({ path }) => assert.equal(installed(path, 'old-app'), '1.0.0'),
  }),
  refused('outdated lists what has newer versions', 'outdated', {
    in: 'old-app',
    shows: /left +1\.0\.0 +1\.0\.0 +1\.2\.0/,
  }),
  refused('outdated --json is JSON', 'outdated --json', {
    in: 'old-app',
    check: (_world, { stdout }) => assert.equal(JSON.parse(stdout).left.latest, '1.2.0'),
  }),
  done('update brings the newest version in range', 'update', {
    in: 'old-app',
    shows: /changed 1 package|added 1 package/,
    prepare: async ({ path }) => {
      const lock = readJson(path('old-app', 'package-lock.json')) as object
      const text = JSON.stringify(lock).replace('"left":"1.0.0"', '"left":"^1.0.0"')
      await setFolder(path('old-app'), { ...app({ left: '^1.0.0' }), 'package-lock.json': text })
    },
    check: ({ path }) => assert.equal(installed(path, 'old-app'), '1.2.0'),
  }),
  done('install of a tag brings its version', 'install left@next', {
    in: 'old-app',
    shows: /changed 1 package/,
    check: ({ path }) => assert.equal(installed(path, 'old-app'), '2.0.0-beta.1'),
  }),
  refused('install of an unknown package fails with the reason', 'install nobody-has-this', {
    in: 'old-app',
    shows: [/E404/, /it is not in this registry/],
  }),
  refused('audit says that it is not offered, at once', 'audit', {
    in: 'old-app',
    shows: /Cannot audit packages: this registry does/,
  }),
]

export const searching: readonly Row[] = [
  done('search finds a package by its name', 'search left', {
    shows: [/^left$/m, /Version 1\.3\.0 published .* by bob/, /Maintainers: alice/],
  }),
  done('search finds a package by its description', 'search goes --json', {
    check: (_world, { stdout }) => {
      const names = JSON.parse(stdout).map((found: { name: string }) => found.name)
      assert.deepEqual(names, ['left'])
    },
  }),
  done('search finds a package by its keyword', 'search keywords:direction', {
    shows: /^left$/m,
  }),
  done('search that finds nothing says so', 'search zzzzzz', {
    shows: /No matches found for "zzzzzz"/,
  }),
  // What has no word in it asks for nothing in particular: everything is listed.
  ...['"', '* ( ) AND OR NOT', 'ünï 🦄 \u0001', '%00%ff', 'a'.repeat(600), "' OR 1=1 --"].map(
    (text) =>
      done(`search takes the odd text ${JSON.stringify(text).slice(0, 24)}`, ['search', text], {
        shows: /No matches found|Version/,
      }),
  ),
]

function installed(path: World['path'], app: string): unknown {
  return Object(readJson(path(app, 'node_modules', 'left', 'package.json'))).version
}
