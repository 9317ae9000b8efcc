// A mirror as one file: what goes in, what is refused to be read, and what a stranger may have put in.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { openPack, packMirror } from '../src/mirror/pack.ts'
import { tarHeaders, tarPadding } from '../src/mirror/tar.ts'
import { mirror, twoReleases } from './made-mirror.ts'

const folder = mkdtempSync(join(tmpdir(), 'stele-pack-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const { signal } = new AbortController()

suite('packMirror()', () => {
  test('packMirror() packs what openPack() reads, and leaves out what others have put beside the log', async () => {
    const [dir, file] = [join(folder, 'mirror'), join(folder, 'mirror.tar')]
    await mirror(dir, twoReleases())
    const { files } = packMirror(dir, file, signal)
    mkdirSync(join(dir, '-/log/blob/.~tmp~'))
    for (const name of ['.~tmp~/ab', '.DS_Store', 'notes..txt', 'READ ME'])
      writeFileSync(join(dir, '-/log/blob', name), 'of somebody else')
    symlinkSync('/etc/hostname', join(dir, '-/log/blob/hostname'))
    assert.equal(packMirror(dir, file, signal).files, files)
    using pack = openPack(file)
    assert.equal((await pack.fetch('/-/log/checkpoint', 10_000)).status, 200)
  })
})

suite('openPack()', () => {
  for (const [what, make, said] of [
    ['a folder', (path: string) => mkdirSync(path), 'it is a folder'],
    [
      'a pipe',
      (path: string) => execFileSync('mkfifo', [path]),
      'it can be read only once: save it as a file first',
    ],
    ['an empty file', (path: string) => writeFileSync(path, ''), 'it is cut short'],
    ['only zeros', (path: string) => writeFileSync(path, Buffer.alloc(5000)), 'it holds no log'],
  ] as const) {
    test(`openPack() refuses ${what}`, () => {
      const path = join(folder, what)
      make(path)
      assert.throws(() => openPack(path), refusal(said))
    })
  }

  for (const name of [
    '../outside',
    '-/log/../../outside',
    '/etc/passwd',
    'npm/kept',
    '-/log/a\0b',
    'mirror.json',
  ]) {
    test(`openPack() refuses a file that holds ${JSON.stringify(name)}`, () => {
      const path = join(folder, 'odd.tar')
      const file = Buffer.concat([tarHeaders(name, 1), Buffer.from('x'), tarPadding(1)])
      writeFileSync(path, Buffer.concat([file, tarPadding('end')]))
      assert.throws(
        () => openPack(path),
        (error) => isSteleError(error, 'pack_invalid'),
      )
    })
  }
})

function refusal(reason: string): (error: unknown) => boolean {
  return (error) => isSteleError(error, 'pack_invalid') && error.details.reason === reason
}
