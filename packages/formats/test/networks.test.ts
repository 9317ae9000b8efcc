import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKey, isInNetworks, isLoopback, parseAddress, parseNetwork } from '../src/networks.ts'

const addresses: readonly (readonly [text: string, hex: string | undefined])[] = [
  ['192.0.2.1', 'c0000201'],
  ['255.255.255.255', 'ffffffff'],
  ['256.0.0.1', undefined],
  ['010.0.0.1', undefined],
  ['1.2.3', undefined],
  ['', undefined],
  ['unknown', undefined],
  ['::1', '00000000000000000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['2001:DB8::8:800:200c:417a', '20010db80000000000080800200c417a'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1::2::3', undefined],
  ['12345::', undefined],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::ffff:192.0.2.1', 'c0000201'],
  ['::ffff:c000:0201', 'c0000201'],
  ['64:ff9b::192.0.2.1', '0064ff9b0000000000000000c0000201'],
  ['::ffff:300.0.2.1', undefined],
]
for (const [text, hex] of addresses) {
  test(`parseAddress() gives ${hex ?? 'nothing'} for "${text}"`, () => {
    const bytes = parseAddress(text)
    assert.equal(bytes && Buffer.from(bytes).toString('hex'), hex)
  })
}

const memberships: readonly (readonly [address: string, network: string, isIn: boolean])[] = [
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['192.0.2.129', '192.0.2.128/25', true],
  ['192.0.2.127', '192.0.2.128/25', false],
  ['192.0.2.1', '0.0.0.0/0', true],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.2', '192.0.2.1', false],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['10.1.2.3', '::ffff:10.0.0.0/104', true],
  ['2001:db8::5', '2001:db8::/32', true],
  ['2001:db9::5', '2001:db8::/32', false],
  ['10.1.2.3', '::/0', false],
  ['nonsense', '0.0.0.0/0', false],
]
for (const [address, text, isIn] of memberships) {
  test(`isInNetworks() is ${isIn} for ${address} in ${text}`, () => {
    const network = parseNetwork(text)
    assert.ok(network)
    assert.equal(isInNetworks(address, [network]), isIn)
  })
}

for (const text of [
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '/8',
  'a/8',
  '10.0.0.0/8/8',
]) {
  test(`parseNetwork() refuses "${text}"`, () => assert.equal(parseNetwork(text), undefined))
}

test('isLoopback() is true for 127.0.0.0/8 and ::1 alone', () => {
  const found = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '128.0.0.1', '::2', ''].map(
    isLoopback,
  )
  assert.deepEqual(found, [true, true, true, true, false, false, false])
})

test('clientKey() takes an IPv4 address whole and of an IPv6 address its /64', () => {
  assert.notEqual(clientKey('192.0.2.1'), clientKey('192.0.2.2'))
  assert.equal(clientKey('2001:db8::1'), clientKey('2001:db8::ffff:2'))
  assert.notEqual(clientKey('2001:db8:0:1::1'), clientKey('2001:db8:0:2::1'))
  assert.equal(clientKey('x'.repeat(1000)).length, 64)
})
