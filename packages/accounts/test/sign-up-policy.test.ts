import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SignUpFacts, type SignUpSettings, signUpAllowed } from '../src/sign-up-policy.ts'

const local: SignUpSettings = { signUp: 'auto', listensOnLoopback: true, isPublished: false }
const direct: SignUpFacts = {
  peer: '127.0.0.1',
  host: 'localhost:4873',
  httpVersion: '1.1',
  headerNames: ['host', 'user-agent'],
}
const headers = (...names: readonly string[]): Partial<SignUpFacts> => ({
  headerNames: ['host', ...names],
})

const rows: readonly (readonly [
  claim: string,
  isAllowed: boolean,
  settings: Partial<SignUpSettings>,
  facts: Partial<SignUpFacts>,
])[] = [
  ['a program on this machine', true, {}, {}],
  ['IPv6 loopback', true, {}, { peer: '::1', host: '[::1]:4873' }],
  ['127.0.0.1 as host', true, {}, { host: '127.0.0.1' }],
  ['a name below localhost', true, {}, { host: 'npm.localhost:4873' }],
  ['a server on all interfaces', false, { listensOnLoopback: false }, {}],
  ['a public address or a trusted proxy', false, { isPublished: true }, {}],
  ['another machine', false, {}, { peer: '192.0.2.1' }],
  [
    'another host name (a page that points its name at 127.0.0.1)',
    false,
    {},
    { host: 'evil.example' },
  ],
  ['a host that only starts with localhost', false, {}, { host: 'localhost.evil.example' }],
  [
    'HTTP/1.0, as nginx speaks it by default',
    false,
    {},
    { httpVersion: '1.0', host: '127.0.0.1:4873' },
  ],
  ['no host', false, {}, { host: undefined }],
  ['Forwarded', false, {}, headers('forwarded')],
  ['X-Forwarded-For', false, {}, headers('x-forwarded-for')],
  ['X-Forwarded-Proto', false, {}, headers('x-forwarded-proto')],
  ['X-Real-IP', false, {}, headers('x-real-ip')],
  ['Via', false, {}, headers('via')],
  ['CF-Connecting-IP', false, {}, headers('cf-connecting-ip')],
  ['X-Original-Host', false, {}, headers('x-original-host')],
  ['`closed`, also here', false, { signUp: 'closed' }, {}],
  ['`open`, also through a proxy', true, { signUp: 'open', isPublished: true }, headers('via')],
  [
    '`open`, also from elsewhere',
    true,
    { signUp: 'open', listensOnLoopback: false },
    { peer: '192.0.2.1', host: 'r.example' },
  ],
]
for (const [claim, isAllowed, settings, facts] of rows) {
  test(`signUpAllowed() says ${isAllowed ? 'yes' : 'no'} for ${claim}`, () => {
    const decision = signUpAllowed({ ...local, ...settings }, { ...direct, ...facts })
    assert.equal(decision.allowed, isAllowed)
    if (!decision.allowed) assert.match(decision.reason, /^it is closed/)
  })
}
