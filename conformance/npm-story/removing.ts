// Unpublishing: one version, the last one, all; and that no number is ever used again.
import assert from 'node:assert/strict'
import { forbidden, house, left } from './packages.ts'
import { done, type Row, refused } from './row.ts'

export const removing: readonly Row[] = [
  refused('unpublish of a whole package needs --force', 'unpublish left', {
    shows: /Refusing to delete entire project/,
  }),
  refused('unpublish in the package of somebody else is refused', 'unpublish left@1.1.0', {
    as: 'bob',
    shows: forbidden,
  }),
  done('unpublish removes one version', 'unpublish left@1.1.0', {
    shows: /- left@1\.1\.0/,
    logs: 1,
    check: async ({ proxy }) => {
      assert.equal((await fetch(`${proxy.url}/left/-/left-1.1.0.tgz`)).status, 404)
      assert.equal((await fetch(`${proxy.url}/left/-/left-1.0.0.tgz`)).status, 200)
    },
  }),
  done('view does not show it any more', 'view left versions --json', {
    shows: /1\.2\.0/,
    hides: /1\.1\.0/,
  }),
  refused('publish of a removed number is refused', 'publish --tag old', {
    in: 'left',
    files: left('1.1.0'),
    shows:
      /409 Conflict .*Cannot publish left@1\.1\.0: you cannot publish over the previously published versions/,
  }),
  done(
    'unpublish of the version that latest names moves latest to the highest stable one',
    'unpublish left@1.3.0',
    {
      shows: /- left@1\.3\.0/,
      logs: 1,
      check: async ({ proxy }) => {
        const response = await fetch(`${proxy.url}/-/package/left/dist-tags`)
        assert.deepEqual(await response.json(), { latest: '1.2.0', next: '2.0.0-beta.1' })
      },
    },
  ),
  refused('unpublish of the last version needs --force', 'unpublish house@1.0.0', {
    shows: /Refusing to delete the last version/,
  }),
  done('unpublish --force removes the last version', 'unpublish house@1.0.0 --force', {
    shows: /- house/,
    logs: 1,
  }),
  refused('view of what is gone fails', 'view house', {
    shows: /E404/,
  }),
  refused('publish of a number of a removed package is refused', 'publish', {
    in: 'house',
    files: house,
    shows: /409 Conflict .*you cannot publish over the previously published versions/,
  }),
  refused('publish of somebody else into a removed package is refused', 'publish', {
    in: 'house',
    files: { 'package.json': { name: 'house', version: '6.6.6' } },
    as: 'bob',
    shows: /403 Forbidden .*"bob" is not one of its owners/,
  }),
  done('unpublish --force removes a scoped package', 'unpublish @alice/right --force', {
    shows: /- @alice\/right/,
    logs: 1,
  }),
]
