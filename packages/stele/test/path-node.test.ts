import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { findNode } from '@stele/fetch'
import { pathNode } from '../src/client/store/path-node.ts'

suite('the Node of PATH', { skip: process.platform === 'win32' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'path-node-'))
  after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'data', 'stele', 'store', 'v1'), { recursive: true })
  const env = { PATH: `${folder}/none:${folder}`, XDG_DATA_HOME: join(folder, 'data') }
  const node = join(folder, 'node')
  const asked = join(folder, 'asked')
  /** A program that tells this, and notes that it was asked. */
  const put = (version: string, program = '$0', end = 'exit 0'): void => {
    const text = `#!/bin/sh\necho x >> ${asked}\necho ${version}\necho 108\necho ${program}\n${end}\n`
    writeFileSync(node, text)
    chmodSync(node, 0o755)
    writeFileSync(asked, '')
  }
  const times = (): number => readFileSync(asked, 'utf8').length / 2

  test('pathNode() asks it once, and again when it is another one', () => {
    put('18.2.0')
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(pathNode(env), { version: '18.2.0', modules: '108' })
    }
    assert.equal(times(), 1)
    put('18.10.0')
    assert.equal(pathNode(env).version, '18.10.0')
  })

  test('pathNode() asks each time what only starts a Node elsewhere', () => {
    put('22.0.1', '/elsewhere/node')
    pathNode(env)
    assert.equal(pathNode(env).version, '22.0.1')
    assert.equal(times(), 2)
  })

  test('pathNode() tells of the Node that runs this when PATH has none, or one that does not run', () => {
    const own = { version: process.versions.node, modules: process.versions.modules }
    put('18.3.0', '$0', 'exit 1')
    assert.deepEqual(pathNode(env), own)
    const none = { ...env, PATH: join(folder, 'none') }
    assert.equal(findNode(none), process.execPath)
    assert.deepEqual(pathNode(none), own)
  })
})
