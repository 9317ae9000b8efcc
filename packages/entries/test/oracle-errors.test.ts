import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type OracleErrorName, oracleError, oracleErrors } from '../src/oracle-errors.ts'

test('oracleError() gives an answer that is an error of that name', () => {
  const answer = oracleError('FetchError', 'no')
  assert.deepEqual(answer, { error: { name: 'FetchError', message: 'no' } })
})

test('oracleErrors are the names that docs/vm.md lists for those who write scripts, with the same words', () => {
  const text = readFileSync(new URL('../../../docs/vm.md', import.meta.url), 'utf8')
  const rows = Array.from(text.matchAll(/^\| `(\w+Error)` \| (.+) \|$/gm), ([, name, when]) => [
    name,
    when,
  ])
  assert.deepEqual(Object.fromEntries(rows), oracleErrors)
})

const pinned: readonly OracleErrorName[] = [
  'TypeError',
  'NotOpenError',
  'NotAllowedError',
  'FetchError',
  'TimeoutError',
  'ProvisionError',
  'OutsideError',
  'OutsideLimitError',
  'OracleLimitError',
]
test('oracleErrors keeps every name that logs may hold', () => {
  assert.deepEqual(Object.keys(oracleErrors), pinned)
})
