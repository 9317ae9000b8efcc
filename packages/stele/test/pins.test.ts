import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locked } from '@stele/resolve'
import { withPins } from '../src/client/project/pins.ts'

const locked: Locked = {
  direct: (from, { name }) => `${name}@1.0.0 of ${from}`,
  node: () => undefined,
  versions: () => ['1.0.0'],
}
const edge = (name: string) => ({ name, specifier: '^1.0.0', kind: 'dependencies' as const })

test('withPins() puts a version in place of what the lock has, for that dependency of that package.json alone', () => {
  const pinned = withPins(locked, new Map([['.', new Map([['a', '1.2.0']])]]))
  assert.equal(pinned?.direct('.', edge('a')), undefined)
  assert.deepEqual(pinned?.pinned?.('.', edge('a')), { version: '1.2.0' })
  assert.equal(pinned?.direct('.', edge('b')), 'b@1.0.0 of .')
  assert.equal(pinned?.direct('packages/x', edge('a')), 'a@1.0.0 of packages/x')
  assert.equal(pinned?.pinned?.('packages/x', edge('a')), undefined)
  assert.deepEqual(pinned?.versions('a'), ['1.0.0'])
})

test('withPins() gives the lock as it is when nothing is pinned', () => {
  assert.equal(withPins(locked, undefined), locked)
  assert.equal(withPins(undefined, new Map()), undefined)
})
