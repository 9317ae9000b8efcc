import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { parseNetwork } from '@stele/formats/networks'
import { type AddressSettings, baseAddress, checkHost, clientAddress } from '../src/base-address.ts'
import { ask } from './incoming.ts'

const direct: AddressSettings = { mountPath: '', trustedProxies: [] }
const proxied: AddressSettings = {
  mountPath: '',
  trustedProxies: ['10.0.0.0/8', '127.0.0.1'].flatMap((text) => parseNetwork(text) ?? []),
}
const proxy = '10.0.0.1'

const bases: readonly (readonly [
  claim: string,
  headers: Readonly<Record<string, string>>,
  settings: AddressSettings,
  peer: string,
  base: string | undefined,
])[] = [
  [
    'the host that the client used',
    { host: 'r.example:4873' },
    direct,
    '192.0.2.1',
    'http://r.example:4873',
  ],
  [
    '127.0.0.1 and localhost apart',
    { host: '127.0.0.1:4873' },
    direct,
    '127.0.0.1',
    'http://127.0.0.1:4873',
  ],
  ['IPv6', { host: '[::1]:4873' }, direct, '::1', 'http://[::1]:4873'],
  ['a host in capitals', { host: 'R.Example' }, direct, '192.0.2.1', 'http://r.example'],
  [
    'an underscore, as container networks have',
    { host: 'my_registry:80' },
    direct,
    '192.0.2.1',
    'http://my_registry:80',
  ],
  [
    'a mount path',
    { host: 'r.example' },
    { ...direct, mountPath: '/npm/team' },
    '192.0.2.1',
    'http://r.example/npm/team',
  ],
  [
    'the public address, whatever is sent',
    { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    { ...proxied, publicUrl: 'https://r.example/npm' },
    proxy,
    'https://r.example/npm',
  ],
  [
    'forwarding headers of a stranger: not',
    { host: 'r.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    proxied,
    '192.0.2.1',
    'http://r.example',
  ],
  [
    'X-Forwarded-Proto and -Host of a proxy',
    { host: 'inner', 'x-forwarded-host': 'r.example', 'x-forwarded-proto': 'https' },
    proxied,
    proxy,
    'https://r.example',
  ],
  [
    'X-Forwarded-Proto alone',
    { host: 'r.example', 'x-forwarded-proto': 'https' },
    proxied,
    proxy,
    'https://r.example',
  ],
  [
    'X-Forwarded-Port',
    {
      host: 'inner',
      'x-forwarded-host': 'r.example',
      'x-forwarded-port': '8443',
      'x-forwarded-proto': 'https',
    },
    proxied,
    proxy,
    'https://r.example:8443',
  ],
  [
    'X-Forwarded-Prefix',
    { host: 'r.example', 'x-forwarded-prefix': '/npm/' },
    proxied,
    proxy,
    'http://r.example/npm',
  ],
  [
    'a prefix that breaks out: not',
    { host: 'r.example', 'x-forwarded-prefix': '/a"b' },
    proxied,
    proxy,
    'http://r.example',
  ],
  [
    'the last of several X-Forwarded-Host',
    { host: 'inner', 'x-forwarded-host': 'evil.example, r.example' },
    proxied,
    proxy,
    'http://r.example',
  ],
  [
    'Forwarded',
    { host: 'inner', forwarded: 'for=192.0.2.9;proto=https;host="r.example:8443"' },
    proxied,
    proxy,
    'https://r.example:8443',
  ],
  [
    'Forwarded before X-Forwarded-*',
    {
      host: 'inner',
      forwarded: 'proto=https;host=r.example',
      'x-forwarded-host': 'x.example',
      'x-forwarded-proto': 'http',
    },
    proxied,
    proxy,
    'https://r.example',
  ],
  [
    'another scheme: not',
    { host: 'r.example', 'x-forwarded-proto': 'javascript' },
    proxied,
    proxy,
    'http://r.example',
  ],
  ['no host', {}, direct, '192.0.2.1', undefined],
  ['a host with a path', { host: 'r.example/evil' }, direct, '192.0.2.1', undefined],
  ['a host with a quote', { host: 'r.example"' }, direct, '192.0.2.1', undefined],
  ['a host with a user', { host: 'user@r.example' }, direct, '192.0.2.1', undefined],
  ['a host with a line feed', { host: 'r.example\r\nx: y' }, direct, '192.0.2.1', undefined],
  ['a port out of range', { host: 'r.example:70000' }, direct, '192.0.2.1', undefined],
  ['an endless host', { host: 'x'.repeat(300) }, direct, '192.0.2.1', undefined],
  [
    'garbage that a proxy forwards',
    { host: 'inner', 'x-forwarded-host': '<script>' },
    proxied,
    proxy,
    undefined,
  ],
]
for (const [claim, headers, settings, peer, base] of bases) {
  test(`baseAddress() ${base === undefined ? 'refuses' : 'takes'} ${claim}`, () => {
    const request = { ...ask('GET', '/'), headers, peer }
    if (base !== undefined) assert.equal(baseAddress(request, settings), base)
    else {
      assert.throws(
        () => baseAddress(request, settings),
        (error) => isSteleError(error, 'request_invalid'),
      )
    }
  })
}

test('baseAddress() says https for a TLS connection', () => {
  assert.equal(baseAddress({ ...ask('GET', '/'), isTls: true }, direct), 'https://localhost:4873')
})

const clients: readonly (readonly [
  claim: string,
  headers: Readonly<Record<string, string>>,
  peer: string,
  client: string,
])[] = [
  ['the peer', {}, '192.0.2.1', '192.0.2.1'],
  [
    'the peer, whatever a stranger says',
    { 'x-forwarded-for': '198.51.100.1' },
    '192.0.2.1',
    '192.0.2.1',
  ],
  ['what the proxy saw', { 'x-forwarded-for': '198.51.100.1' }, proxy, '198.51.100.1'],
  [
    'what the proxy saw, not what the client made up',
    { 'x-forwarded-for': '1.1.1.1, 198.51.100.1' },
    proxy,
    '198.51.100.1',
  ],
  [
    'what is before a chain of our proxies',
    { 'x-forwarded-for': '198.51.100.1, 10.0.0.7' },
    proxy,
    '198.51.100.1',
  ],
  ['an address with a port', { 'x-forwarded-for': '198.51.100.1:4711' }, proxy, '198.51.100.1'],
  [
    'an IPv6 address in Forwarded',
    { forwarded: 'for="[2001:db8::1]:4711";proto=https' },
    proxy,
    '2001:db8::1',
  ],
  ['a proxy that says nothing', {}, proxy, proxy],
  [
    'what both headers say',
    { 'x-forwarded-for': '1.1.1.1, 198.51.100.1', forwarded: 'for=198.51.100.1' },
    proxy,
    '198.51.100.1',
  ],
  [
    'unknown where one of two headers must be made up',
    { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=10.1.1.1' },
    proxy,
    'unknown',
  ],
  [
    'what the proxy saw where the other header names nobody',
    { 'x-forwarded-for': '198.51.100.1', forwarded: 'proto=https' },
    proxy,
    '198.51.100.1',
  ],
]
for (const [claim, headers, peer, client] of clients) {
  test(`clientAddress() is ${claim}`, () => {
    assert.equal(clientAddress({ ...ask('GET', '/'), headers, peer }, proxied), client)
  })
}

const local: AddressSettings = { ...direct, listensOnLoopback: true }
const hosts: readonly (readonly [
  claim: string,
  host: string | undefined,
  settings: AddressSettings,
  isAnswered: boolean,
])[] = [
  ['localhost', 'localhost:4873', local, true],
  ['a name below localhost', 'npm.localhost', local, true],
  ['127.0.0.1', '127.0.0.1:4873', local, true],
  ['IPv6 loopback', '[::1]:4873', local, true],
  ['no host, as of HTTP/1.0', undefined, local, true],
  ["a page's own name for 127.0.0.1", 'evil.example:4873', local, false],
  ['a name that begins with localhost', 'localhost.evil.example', local, false],
  ['two hosts', 'localhost, evil.example', local, false],
  [
    'any name, where a public address is set',
    'r.example',
    { ...local, publicUrl: 'http://x' },
    true,
  ],
  ['any name, through a trusted proxy', 'r.example', { ...proxied, listensOnLoopback: true }, true],
  ['any name, where other machines reach the registry', 'r.example', direct, true],
]
for (const [claim, host, settings, isAnswered] of hosts) {
  test(`checkHost() ${isAnswered ? 'takes' : 'refuses'} ${claim}`, () => {
    const { headers, ...rest } = ask('GET', '/')
    const check = (): void => checkHost({ ...rest, headers: { ...headers, host } }, settings)
    if (isAnswered) check()
    else assert.throws(check, (error) => isSteleError(error, 'host_unknown'))
  })
}

test('baseAddress() looks at a prefix once, however many slashes it has', () => {
  const { headers: _headers, ...rest } = ask('GET', '/')
  const headers = { host: 'r.example', 'x-forwarded-prefix': `/a${'/'.repeat(50_000)}"` }
  const startMs = performance.now()
  assert.equal(baseAddress({ ...rest, peer: proxy, headers }, proxied), 'http://r.example')
  assert.ok(performance.now() - startMs < 500)
})
