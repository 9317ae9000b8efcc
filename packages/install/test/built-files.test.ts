import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { settleBuilt } from '../src/built-files.ts'

suite('settleBuilt()', () => {
  let folder: string
  const path = (name: string): string => join(folder, 'package', name)
  beforeEach(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'stele-built-'))
    mkdirSync(path('build'), { recursive: true })
    writeFileSync(path('build/a.node'), 'bytes')
    writeFileSync(path('run.sh'), '#!/bin/sh\n')
    chmodSync(path('run.sh'), 0o700)
    writeFileSync(join(folder, 'outside'), 'secret')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('lists all files, and makes them read-only', () => {
    const lines = settleBuilt(path(''))
    const paths = lines
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[2])
    assert.deepEqual(new Set(paths), new Set(['build/a.node', 'run.sh']))
    assert.equal(statSync(path('build/a.node')).mode & 0o777, 0o444)
    assert.equal(statSync(path('run.sh')).mode & 0o777, 0o555)
  })

  test('makes files of links within the package, and removes all other links', () => {
    symlinkSync('build/a.node', path('inside'))
    symlinkSync(join(folder, 'outside'), path('outside'))
    symlinkSync('../outside', path('up'))
    symlinkSync('build', path('folder'))
    symlinkSync('nowhere', path('broken'))
    symlinkSync(process.execPath, path('build/node'))
    const lines = settleBuilt(path(''))
    assert.equal(lstatSync(path('inside')).isFile(), true)
    assert.equal(readFileSync(path('inside'), 'utf8'), 'bytes')
    for (const name of ['outside', 'up', 'folder', 'broken', 'build/node']) {
      assert.equal(existsSync(path(name)), false, name)
    }
    assert.equal(lines.trim().split('\n').length, 3)
    assert.equal(statSync(join(folder, 'outside')).mode & 0o200, 0o200)
  })
})
