// What npm shows when a log-in is refused, and that it asks once: it prints our words, and does not wait in silence.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defaultRateLimits } from '../packages/accounts/src/index.ts'
import { createNpm, credentials, npmVersions } from './npm-client.ts'
import { signUp } from './registry-client.ts'
import { type Server, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

/** The statuses of npm's own log-ins. */
function statusesOf({ lines }: Server): unknown[] {
  return lines
    .filter((line) => line.event === 'access' && String(line['agent']).startsWith('npm/'))
    .filter((line) => line['method'] === 'PUT')
    .map((line) => line['status'])
}

for (const version of npmVersions) {
  suite(version, () => {
    test(`${version} shows why a sign-up is refused`, async () => {
      await using server = await startServer()
      await using folder = await makeFolder(version)
      const npm = await createNpm(version, { folder: folder.path, registry: server.url })
      const answers = credentials('alice', 'short')
      const refused = await npm.run(['login', '--auth-type=legacy'], { cwd: folder.path, answers })
      assert.equal(refused.code, 1, refused.shown)
      assert.match(refused.shown, /Cannot use the password: /)
      assert.doesNotMatch(refused.shown, /There is no user/)
      await server.stop() // All that it says is here then.
      assert.deepEqual(statusesOf(server), [422])
    })

    test(`${version} ends at once when too many log-ins failed, and shows how long to wait`, async () => {
      await using server = await startServer()
      await using folder = await makeFolder(version)
      await signUp(server.url, 'alice')
      for (let i = 0; i < defaultRateLimits.failedLogInsByAddress.limit; i++) {
        const body = JSON.stringify({ name: 'alice', password: `wrong password ${i}` })
        const wrong = await fetch(`${server.url}/-/user/org.couchdb.user:alice`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body,
        })
        assert.equal(wrong.status, 401)
      }
      const npm = await createNpm(version, { folder: folder.path, registry: server.url })
      const answers = credentials('alice', 'whatever it is')
      const refused = await npm.run(['login', '--auth-type=legacy'], { cwd: folder.path, answers })
      assert.equal(refused.code, 1, refused.shown)
      assert.match(refused.shown, /too many were tried\. Try again in 15 minutes/)
      await server.stop()
      assert.deepEqual(statusesOf(server), [423])
    })
  })
}
