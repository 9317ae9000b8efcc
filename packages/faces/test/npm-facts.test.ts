// What npm's commands are told of what is not offered.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../http/test/incoming.ts'
import { createFixture, jsonOf } from './app-fixture.ts'

const refused: readonly [command: string, method: string, url: string, what: string][] = [
  ['npm audit', 'POST', '/-/npm/v1/security/advisories/bulk', 'audit packages'],
  ['npm access list packages', 'GET', '/-/org/alice/package', 'list or change who has access'],
  ['npm access list packages', 'GET', '/-/user/alice/package', 'list or change who has access'],
  ['npm access grant', 'PUT', '/-/team/org/team/package', 'list or change who has access'],
  ['npm access set status', 'POST', '/-/package/@s%2fx/access', 'list or change who has access'],
  ['npm access list collaborators', 'GET', '/-/package/x/collaborators', 'list or change who'],
  ['npm team ls', 'GET', '/-/org/org/team?format=cli', 'list or change teams'],
  ['npm team ls', 'GET', '/-/team/org/team/user', 'list or change teams'],
  ['npm team destroy', 'DELETE', '/-/team/org/team', 'list or change teams'],
  ['npm org ls', 'GET', '/-/org/org/user', 'list or change teams'],
  ['npm hook ls', 'GET', '/-/npm/v1/hooks', 'use hooks'],
  ['npm hook add', 'POST', '/-/npm/v1/hooks/hook', 'use hooks'],
]
for (const [command, method, url, what] of refused) {
  test(`${method} ${url} tells "${command}" in a sentence that it is not offered`, async () => {
    const reply = await createFixture().app(ask(method, url))
    assert.deepEqual([reply.status, jsonOf(reply)['code']], [404, 'not_offered'])
    assert.match(String(jsonOf(reply)['error']), new RegExp(`^Cannot ${what}.*does not offer it$`))
  })
}
