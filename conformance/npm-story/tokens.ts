// Tokens: made, used, revoked; and logging out.
import assert from 'node:assert/strict'
import { tokenOf } from '../npm-client.ts'
import { setFolder, type World } from '../npm-world.ts'
import type { Finished } from '../processes.ts'
import { left, password } from './packages.ts'
import { done, type Row, refused } from './row.ts'

const create = ['token', 'create', '--name=ci', `--password=${password}`, '--json']

export const tokens: readonly Row[] = [
  done('token list lists the tokens, not their text', 'token list', {
    shows: /Token stele_\w{4}… with id/,
  }),
  refused(
    'token create with a wrong password is refused',
    ['token', 'create', '--name=ci', '--password=wrong password'],
    { shows: /401 Unauthorized .*the password is wrong/ },
  ),
  done('token create makes a token that works', create, {
    check: async (world, finished) => {
      rememberToken(world, finished)
      assert.equal(await whoIs(world), 'alice')
    },
  }),
  done('token revoke ends it', async (world) => ['token', 'revoke', await keyOf(world, 'ci')], {
    shows: /Removed 1 token/,
    check: async (world) => assert.equal(await whoIs(world), 401),
  }),
  refused('token revoke of an unknown token is refused', 'token revoke ffffffffff', {
    shows: /Unknown token/,
  }),
  done(
    'token create makes a token that only reads',
    [...create, '--packages-and-scopes-permission=read-only'],
    { check: rememberToken },
  ),
  refused('publish with a token that only reads is refused', 'publish --userconfig reader', {
    in: 'left',
    files: left('1.4.0'),
    prepare: async (world) =>
      setFolder(world.path('left'), { ...left('1.4.0'), reader: rcOf(world) }),
    shows: /403 Forbidden/,
  }),
  refused(
    'token create that would be narrower than can be kept is refused',
    [...create, '--packages=left'],
    { shows: /400 Bad Request .*does not offer/ },
  ),
]

export const leaving: readonly Row[] = [
  done('logout ends the token', 'logout', {
    prepare: (world) => {
      world.remembered.token = tokenOf(world.users.alice) ?? ''
    },
    check: async (world) => assert.equal(await whoIs(world), 401),
  }),
  refused('whoami needs a log-in again', 'whoami', { shows: /ENEEDAUTH/ }),
  refused('whoami with the dead token is refused', 'whoami', {
    prepare: async (world) => setFolder(world.users.alice.home, { '.npmrc': rcOf(world) }),
    shows: /401/,
  }),
]

function rememberToken(world: World, { stdout }: Finished): void {
  const { token } = JSON.parse(stdout) as { token: string }
  world.remembered.token = token
}

/** An .npmrc with the remembered token. */
function rcOf({ proxy, remembered }: World): string {
  return `//${new URL(proxy.url).host}/:_authToken=${remembered.token}\n`
}

/** The account that the remembered token speaks for, or the status of the refusal. */
async function whoIs({ proxy, remembered }: World): Promise<string | number> {
  const headers = { authorization: `Bearer ${remembered.token}` }
  const response = await fetch(`${proxy.url}/-/whoami`, { headers })
  if (!response.ok) return response.status
  const { username } = (await response.json()) as { username: string }
  return username
}

/** The key of alice's token of that name. */
async function keyOf({ proxy, users }: World, name: string): Promise<string> {
  const headers = { authorization: `Bearer ${tokenOf(users.alice)}` }
  const response = await fetch(`${proxy.url}/-/npm/v1/tokens?perPage=100`, { headers })
  const { objects } = (await response.json()) as { objects: { key: string; name: string }[] }
  return objects.find((token) => token.name === name)?.key ?? ''
}
