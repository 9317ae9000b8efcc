import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShimInto, readInterpreter, shimNames, shimsOf } from '../src/shims.ts'

for (const [line, interpreter, flags] of [
  ['#!/usr/bin/env node\n', 'node', ''],
  ['#!/usr/bin/env node\r\n', 'node', ''],
  ['#!/usr/bin/env -S node --no-warnings\n', 'node', '--no-warnings'],
  ['#!/bin/sh\n', 'sh', ''],
  ['console.log(1)\n', 'node', ''],
  ['MZ\u0000\u0000', undefined, ''],
] as const) {
  test(`readInterpreter() finds ${interpreter} in ${JSON.stringify(line)}`, () => {
    assert.deepEqual(readInterpreter(Buffer.from(line, 'latin1')), { interpreter, flags })
  })
}

const started = { file: '../pkg/bin/run.js', interpreter: 'node', flags: '--flag' }

test('shimsOf() makes a script for each of the shells of Windows, with paths as they take them', () => {
  const shims = shimsOf('run', started)
  assert.deepEqual([...shims.keys()], shimNames('run'))
  assert.match(
    shims.get('run') ?? '',
    /exec node --flag "\$basedir\/\.\.\/pkg\/bin\/run\.js" "\$@"/,
  )
  assert.match(
    shims.get('run.cmd') ?? '',
    /"%_prog%" --flag "%~dp0\\\.\.\\pkg\\bin\\run\.js" %\*\r\n/,
  )
  assert.match(
    shims.get('run.ps1') ?? '',
    /& "node\$exe" --flag "\$basedir\/\.\.\/pkg\/bin\/run\.js" \$args/,
  )
})

test('isShimInto() knows each shim by where it leads', () => {
  for (const text of shimsOf('run', started).values()) {
    assert.ok(isShimInto(text, '/prefix/bin', '/prefix/pkg'))
    assert.ok(!isShimInto(text, '/prefix/bin', '/prefix/other'))
  }
  assert.ok(!isShimInto('#!/bin/sh\necho mine\n', '/prefix/bin', '/prefix'))
})
