// Publishing: what is taken, and what is refused by npm, by the server, by the rules.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { credentials } from '../npm-client.ts'
import { digestOf, setFolder } from '../npm-world.ts'
import { app, forbidden, house, left, password, right } from './packages.ts'
import { done, type Row, refused } from './row.ts'

const bigBytes = 20 * 1024 * 1024

export const publishing: readonly Row[] = [
  done('publish --dry-run publishes nothing', 'publish --dry-run', {
    in: 'left',
    files: left('1.0.0'),
    shows: /\+ left@1\.0\.0/,
  }),
  refused('publish needs a log-in', 'publish', {
    in: 'left',
    prepare: async ({ users }) => rm(`${users.bob.home}/.npmrc`),
    as: 'bob',
    shows: /ENEEDAUTH/,
  }),
  done('login gives the token back', 'login --auth-type=legacy', {
    as: 'bob',
    answers: credentials('bob', password),
    shows: /Logged in on/,
  }),
  done('publish publishes a package with a bin', 'publish', {
    in: 'left',
    shows: /\+ left@1\.0\.0/,
    logs: 1,
  }),
  refused('publish of a version that is there is refused by npm itself', 'publish', {
    in: 'left',
    shows: /You cannot publish over the previously published versions: 1\.0\.0/,
  }),
  refused(
    'publish with restricted access is refused with the reason',
    'publish --access restricted',
    {
      in: 'right',
      files: right('1.0.0'),
      shows: /403 Forbidden .*can read all of it\. Publish with "--access public"/,
    },
  ),
  done('publish publishes a scoped package', 'publish', {
    in: 'right',
    shows: /\+ @alice\/right@1\.0\.0/,
    logs: 1,
  }),
  done('publish publishes a package that depends on hosted ones', 'publish --access public', {
    in: 'house',
    files: house,
    shows: /\+ house@1\.0\.0/,
    logs: 1,
  }),
  done('publish adds a version', 'publish', {
    in: 'left',
    files: left('1.1.0'),
    shows: /\+ left@1\.1\.0/,
    logs: 1,
  }),
  refused('publish into the package of somebody else is refused', 'publish', {
    in: 'left',
    files: left('1.2.0'),
    as: 'bob',
    shows: forbidden,
  }),
  done('pack writes a tarball', 'pack --pack-destination ..', {
    in: 'left',
    shows: /left-1\.2\.0\.tgz/,
  }),
  done('publish publishes a packed tarball as it is', 'publish ../left-1.2.0.tgz', {
    in: 'left',
    shows: /\+ left@1\.2\.0/,
    logs: 1,
    check: async ({ proxy, path }) => {
      const response = await fetch(`${proxy.url}/left/-/left-1.2.0.tgz`)
      const served = Buffer.from(await response.arrayBuffer())
      await setFolder(path('served'), { 'left.tgz': served })
      assert.equal(digestOf(path('served', 'left.tgz')), digestOf(path('left-1.2.0.tgz')))
    },
  }),
  refused('publish of a prerelease needs a tag', 'publish', {
    in: 'left',
    files: left('2.0.0-beta.1'),
    shows: /must specify a tag/,
  }),
  done('publish --tag next leaves latest alone', 'publish --tag next', {
    in: 'left',
    shows: [/with tag next/, /\+ left@2\.0\.0-beta\.1/],
    logs: 1,
    check: async ({ proxy }) => {
      const response = await fetch(`${proxy.url}/-/package/left/dist-tags`)
      assert.deepEqual(await response.json(), { latest: '1.2.0', next: '2.0.0-beta.1' })
    },
  }),
  refused(
    'publish --provenance outside of CI fails with the reason',
    'publish --provenance --access public',
    {
      in: 'right',
      files: right('1.1.0'),
      shows: /provenance/i,
    },
  ),
  refused('publish of a name in capitals is refused', 'publish', {
    in: 'upper',
    files: { 'package.json': { name: 'Left', version: '1.0.0' } },
    shows: /must have lower-case names, such as "left"/,
  }),
  done('publish takes 20 MB', 'publish', {
    in: 'big',
    shows: /\+ big@1\.0\.0/,
    logs: 1,
    prepare: async ({ path }) =>
      setFolder(path('big'), {
        'package.json': { name: 'big', version: '1.0.0' },
        'data.bin': randomBytes(bigBytes),
      }),
  }),
  done('install brings the 20 MB unchanged', 'install big', {
    in: 'big-app',
    files: app({}),
    shows: /added 1 package/,
    check: ({ path }) =>
      assert.equal(
        digestOf(path('big-app', 'node_modules', 'big', 'data.bin')),
        digestOf(path('big', 'data.bin')),
      ),
  }),
]
