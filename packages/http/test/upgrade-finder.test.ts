import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Upgrade } from '../src/face.ts'
import { createUpgradeFinder } from '../src/upgrade-finder.ts'

const upgrade = (protocol: string, path: string): Upgrade => ({
  protocol,
  path,
  open: () => assert.fail('never opened here'),
})

const alike: readonly (readonly [first: string, second: string])[] = [
  ['/-/echo', '/-/echo'],
  ['/-/:name', '/-/:other'],
]
for (const [one, other] of alike) {
  test(`createUpgradeFinder() gives the first of two upgrades at ${one} and ${other}`, () => {
    const [first, second] = [upgrade('echo', one), upgrade('echo', other)]
    const find = createUpgradeFinder([first, second])
    assert.equal(find('/-/echo', { upgrade: 'echo' })?.upgrade, first)
  })
}

test('createUpgradeFinder() tells upgrades at one path apart by their protocol', () => {
  const [first, second] = [upgrade('echo', '/-/echo'), upgrade('chat', '/-/echo')]
  const find = createUpgradeFinder([first, second])
  assert.equal(find('/-/echo', { upgrade: 'chat' })?.upgrade, second)
})
