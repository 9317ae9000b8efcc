import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { maxOverrides } from '../src/limits.ts'
import { parseOverrides, parseResolutions } from '../src/parse-overrides.ts'

const plain = (_: string, value: string): string => value
const rule = (more: object): object => ({ range: '*', parent: undefined, below: [], ...more })

const written: readonly (readonly [key: string, value: unknown, rule: object])[] = [
  ['b', '1', rule({ key: 'b', name: 'b', value: '1' })],
  ['b', '', rule({ key: 'b', name: 'b', value: '*' })],
  ['@s/b@^1', '2', rule({ key: '@s/b@^1', name: '@s/b', range: '^1', value: '2' })],
  ['a>b', '-', rule({ key: 'a>b', name: 'b', value: '-', parent: { name: 'a', range: '*' } })],
  [
    'a@>=1>b@2',
    '3',
    rule({
      key: 'a@>=1>b@2',
      name: 'b',
      range: '2',
      value: '3',
      parent: { name: 'a', range: '>=1' },
    }),
  ],
  [
    'a',
    { '.': '1', b: '2' },
    rule({
      key: 'a',
      name: 'a',
      value: '1',
      below: [rule({ key: 'a > b', name: 'b', value: '2' })],
    }),
  ],
]
for (const [key, value, expected] of written) {
  test(`parseOverrides() reads "${key}": ${JSON.stringify(value)}`, () => {
    assert.deepEqual(parseOverrides({ [key]: value }, plain), [expected])
  })
}

const resolutions: readonly (readonly [key: string, rule: object])[] = [
  ['b', rule({ key: 'b', name: 'b', value: '1' })],
  ['**/b', rule({ key: '**/b', name: 'b', value: '1' })],
  [
    '@s/a/@s/b',
    rule({ key: '@s/a/@s/b', name: '@s/b', value: '1', parent: { name: '@s/a', range: '*' } }),
  ],
  ['b@npm:^2', rule({ key: 'b@npm:^2', name: 'b', range: '^2', value: '1' })],
  [
    'a/**/b',
    rule({
      key: 'a/**/b',
      name: 'a',
      value: undefined,
      below: [rule({ key: 'a/**/b', name: 'b', value: '1' })],
    }),
  ],
]
for (const [key, expected] of resolutions) {
  test(`parseResolutions() reads "${key}"`, () => {
    assert.deepEqual(parseResolutions({ [key]: '1' }, plain), [expected])
  })
}

const many = Object.fromEntries(
  Array.from({ length: maxOverrides + 1 }, (_, at) => [`p${at}`, '1']),
)
const bad: readonly (readonly [what: string, written: object])[] = [
  ['a name that is none', { 'a b': '1' }],
  ['a range that is none', { 'b@banana!': '1' }],
  ['a chain of three', { 'a>b>c': '1' }],
  ['a number', { b: 1 }],
  ['a list', { b: ['1'] }],
  ['a "." that is no text', { b: { '.': {} } }],
  ['too many', many],
]
for (const [what, overrides] of bad) {
  test(`parseOverrides() throws override_invalid for ${what}`, () => {
    assert.throws(
      () => parseOverrides(overrides, plain),
      (error) => isSteleError(error, 'override_invalid'),
    )
  })
}
