import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { formatStarted, reachableAddresses } from '../src/server/announce.ts'
import { loadSettings, type Settings } from '../src/settings/load.ts'

function settingsOf(flags: { readonly [name: string]: string }): Settings {
  return loadSettings({ flags: { dir: '/srv/stele', ...flags }, environment: {}, file: undefined })
}

function networkInterface(address: string, internal = false): NetworkInterfaceInfo {
  const kept = { address, internal, netmask: '', mac: '', cidr: null }
  return address.includes(':')
    ? { ...kept, family: 'IPv6', scopeid: 0 }
    : { ...kept, family: 'IPv4' }
}

const interfaces = {
  lo: [networkInterface('127.0.0.1', true), networkInterface('::1', true)],
  eth0: [
    networkInterface('192.0.2.7'),
    networkInterface('2001:db8::7'),
    networkInterface('fe80::1'),
  ],
}
const listening = { url: 'http://127.0.0.1:4873', port: 4873 }

// flags, the addresses
const addresses: readonly (readonly [{ readonly [name: string]: string }, string[]])[] = [
  [{}, ['http://127.0.0.1:4873']],
  [{ host: '0.0.0.0' }, ['http://192.0.2.7:4873', 'http://127.0.0.1:4873']],
  [{ host: '::' }, ['http://192.0.2.7:4873', 'http://[2001:db8::7]:4873', 'http://127.0.0.1:4873']],
  [{ 'public-url': 'https://r.example' }, ['https://r.example', 'http://127.0.0.1:4873']],
  [{ 'mount-path': '/npm' }, ['http://127.0.0.1:4873/npm']],
]
for (const [flags, wanted] of addresses) {
  test(`reachableAddresses() gives ${wanted.join(' ')} with ${JSON.stringify(flags)}`, () => {
    assert.deepEqual(reachableAddresses(settingsOf(flags), listening, interfaces), wanted)
  })
}

function linesWith(
  flags: { readonly [name: string]: string },
  origin = 'r.example',
  upstreams: Parameters<typeof formatStarted>[0]['upstreams'] = [],
): string {
  const settings = settingsOf(flags)
  const found = reachableAddresses(settings, listening, interfaces)
  return formatStarted({ settings, addresses: found, origin, isNew: true, upstreams })
}

test('formatStarted() tells which upstreams are asked, at which address, and for what', () => {
  const lines = linesWith({}, 'r.example', [
    { id: 'work', url: 'https://w.example', scopes: ['@a', '@b'] },
    { id: 'npm', url: 'https://n.example', scopes: [] },
  ])
  assert.match(lines, /Upstream +work, https:\/\/w\.example, for @a, @b\n/)
  assert.match(lines, /\n +npm, https:\/\/n\.example, for everything else\n/)
  assert.doesNotMatch(linesWith({}), /Upstream/)
})

// flags, the lines
const heldBack: readonly (readonly [{ readonly [name: string]: string }, RegExp])[] = [
  [{ 'upstream-blocked': 'lib,@bad/*' }, /\n {2}Blocked +lib, @bad\/\*\n/],
  [{ 'upstream-blocked': 'a,b,c,d,e,f,g' }, /\n {2}Blocked +a, b, c, d, e, and 2 more\n/],
  [{ 'upstream-minimum-age-ms': '3 d' }, /\n {2}Age +versions younger than 3 d are held back\n/],
  [{ 'upstream-minimum-age-ms': '36 h' }, /younger than 36 h are/],
]
for (const [flags, wanted] of heldBack) {
  test(`formatStarted() tells what is held back with ${JSON.stringify(flags)}, where an upstream is asked`, () => {
    const upstreams = [{ id: 'npm', url: 'https://n.example', scopes: [] }]
    assert.match(linesWith(flags, 'r.example', upstreams), wanted)
    assert.doesNotMatch(linesWith(flags), /Blocked|Age/)
  })
}

test('formatStarted() tells address, folder, log, the root key and how to stop', () => {
  const lines = linesWith({})
  for (const wanted of [
    /Address +http:\/\/127\.0\.0\.1:4873\n/,
    /Data +\/srv\/stele\n/,
    /Log +r\.example\n/,
    /Keep a copy of \/srv\/stele\/keys\/root\.key/,
    /npm login --registry http:\/\/127\.0\.0\.1:4873/,
    /Ctrl-C/,
  ]) {
    assert.match(lines, wanted)
  }
})

test('formatStarted() says that a localhost name is for ever, and how to choose another', () => {
  assert.match(linesWith({}, 'localhost/0123'), /localhost name for ever.*--public-url/s)
  assert.doesNotMatch(linesWith({}), /for ever/)
})

// flags, who may sign up
const signUps: readonly (readonly [{ readonly [name: string]: string }, RegExp])[] = [
  [{}, /everyone on this machine, closed to all others/],
  [{ 'sign-up': 'open' }, /everyone who reaches this address/],
  [{ 'sign-up': 'closed' }, /closed: add people with "stele user add/],
  [{ host: '0.0.0.0' }, /closed: add people/],
  [{ 'public-url': 'https://r.example' }, /closed: add people/],
  [{ 'trusted-proxies': '10.0.0.1' }, /closed: add people/],
]
for (const [flags, wanted] of signUps) {
  test(`formatStarted() says who may sign up with ${JSON.stringify(flags)}`, () => {
    assert.match(linesWith(flags), wanted)
  })
}

test('formatStarted() says that nothing can be written, why, and what to do, when the log is read-only', () => {
  const readOnly = 'its database has 3 entries, but 4 are published already'
  const lines = formatStarted({
    settings: loadSettings({ flags: {}, environment: {}, file: undefined }),
    addresses: ['http://localhost:4873'],
    origin: 'registry.example',
    isNew: false,
    upstreams: [],
    readOnly,
  })
  assert.match(lines, /^Stele \S+: your package registry can only be read\n/)
  assert.ok(lines.includes(`No writes are taken: ${readOnly}.\n`))
  assert.match(lines, /Put back the newest stele\.db/)
  assert.doesNotMatch(lines, /is running/)
})
