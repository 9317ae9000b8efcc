// Package names, one row one claim.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { checkNewPackageName, parsePackageName } from '../src/public/names.ts'

const legal: readonly (readonly [name: string, forNew: boolean])[] = [
  ['a', true],
  ['left-pad', true],
  ['@scope/name', true],
  ['@scope/-', true],
  ['@types/node', true],
  ['1', true],
  ['nul.x', true],
  ['@con/x', true],
  ['a'.repeat(214), true],
  ['a..b', true],
  ['JSONStream', false],
  ['-', false],
  ['--hepp', false],
  ['http', false],
  ['crypto', false],
  ['@Scope/Name', false],
  ["it's", false],
  ['a~b', false],
  ['!star*', false],
  ['constructor', true],
]
for (const [name, forNew] of legal) {
  test(`parsePackageName() takes ${name.slice(0, 30)}`, () => {
    assert.equal(parsePackageName(name), name)
  })
  test(`checkNewPackageName() ${forNew ? 'takes' : 'refuses'} ${name.slice(0, 30)}`, () => {
    const check = (): void => checkNewPackageName(parsePackageName(name))
    if (forNew) check()
    else assert.throws(check, (error) => isSteleError(error, 'name_invalid'))
  })
}

const illegal = [
  '',
  '.',
  '..',
  '...',
  '.a',
  '_a',
  '__proto__',
  '@',
  '@/',
  '@a',
  '@a/',
  '@/a',
  '@a/b/c',
  'a/b',
  '/a',
  'a/',
  '@../x',
  '@a/..',
  '@a/.b',
  '@.a/b',
  'a b',
  ' a',
  'a ',
  'a\0',
  'a\nb',
  'a\\b',
  'a%2fb',
  'a:b',
  'a?b',
  'a#b',
  'ä',
  '@ä/b',
  'a@1',
  '@@a/b',
  'node_modules',
  'Node_Modules',
  'favicon.ico',
  'a'.repeat(215),
  '\ud800',
]
for (const name of illegal) {
  test(`parsePackageName() refuses ${JSON.stringify(name.slice(0, 30))}`, () => {
    assert.throws(
      () => parsePackageName(name),
      (error) => isSteleError(error, 'name_invalid'),
    )
  })
}
