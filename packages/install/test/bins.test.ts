import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { binsOf, linkSharedBins, makeExecutable } from '../src/bins.ts'

const release = { name: '@s/tool', version: '1.0.0', dist: { tarball: '' } }

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'stele-bins-'))
  try {
    run(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const [bin, programs] of [
  ['run.js', { tool: 'run.js' }],
  ['/run.js', { tool: 'run.js' }],
  ['../run.js', {}],
  [
    { '@s/one': './a.js', '../two': 'b.js' },
    { one: 'a.js', two: 'b.js' },
  ],
  [{ one: '../../etc/passwd', '..': 'a.js', 'c:d': 'a.js' }, {}],
] as const) {
  test(`binsOf() finds ${JSON.stringify(programs)} in ${JSON.stringify(bin)}`, () => {
    assert.deepEqual(Object.fromEntries(binsOf({ ...release, bin }, '/nowhere')), programs)
  })
}

test('binsOf() takes all of directories.bin but what is hidden', () => {
  inFolder((folder) => {
    mkdirSync(join(folder, 'cli'))
    for (const name of ['a', 'b.js', '.hidden']) writeFileSync(join(folder, 'cli', name), '')
    const found = binsOf({ ...release, directories: { bin: './cli' } }, folder)
    assert.deepEqual(Object.fromEntries(found), { a: 'cli/a', 'b.js': 'cli/b.js' })
  })
})

test("makeExecutable() mends a first line with Windows' end", () => {
  inFolder((folder) => {
    const file = join(folder, 'run.js')
    writeFileSync(file, '#!/usr/bin/env node\r\nx\r\n', { mode: 0o444 })
    makeExecutable(file)
    assert.equal(readFileSync(file, 'utf8'), '#!/usr/bin/env node\nx\r\n')
    assert.equal(statSync(file).mode & 0o111, 0o111)
  })
})

suite('linkSharedBins()', { skip: process.platform === 'win32' }, () => {
  const setUp = (
    folder: string,
  ): { readonly bin: string; readonly owner: string; readonly file: string } => {
    const [bin, owner] = [join(folder, 'bin'), join(folder, 'owner')]
    mkdirSync(bin)
    mkdirSync(owner)
    const file = join(owner, 'run.js')
    writeFileSync(file, '')
    return { bin, owner, file }
  }

  test('links programs, and removes those of before that are its own', () => {
    inFolder((folder) => {
      const { bin, owner, file } = setUp(folder)
      linkSharedBins(bin, new Map([['old', file]]), { owner, before: [] })
      linkSharedBins(bin, new Map([['run', file]]), { owner, before: ['old', 'never'] })
      assert.equal(readlinkSync(join(bin, 'run')), '../owner/run.js')
      assert.ok(!existsSync(join(bin, 'old')))
    })
  })

  test("throws bin_taken and changes nothing where a name is somebody else's", () => {
    inFolder((folder) => {
      const { bin, owner, file } = setUp(folder)
      writeFileSync(join(bin, 'taken'), 'mine')
      const programs = new Map([
        ['free', file],
        ['taken', file],
      ])
      assert.throws(() => linkSharedBins(bin, programs, { owner, before: ['taken'] }), {
        code: 'bin_taken',
      })
      assert.equal(readFileSync(join(bin, 'taken'), 'utf8'), 'mine')
      assert.ok(!existsSync(join(bin, 'free')))
    })
  })
})
