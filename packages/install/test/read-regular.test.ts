import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { readRegular } from '../src/read-regular.ts'

suite('readRegular()', { skip: process.platform === 'win32' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-regular-'))
  after(() => rmSync(folder, { recursive: true }))
  const place = join(folder, 'place')
  const rows: readonly (readonly [what: string, make: () => void, found: string | RegExp])[] = [
    [
      'gives a file of the size that is allowed',
      () => writeFileSync(place, '12345678'),
      '12345678',
    ],
    ['refuses a larger one', () => writeFileSync(place, '123456789'), /has 9 bytes, more than 8/],
    ['gives an empty file', () => writeFileSync(place, ''), ''],
    ['gives what a link leads to', () => linkTo('target', '1'), '1'],
    ['refuses a device', () => symlinkSync('/dev/zero', place), /no regular file/],
    ['refuses a folder', () => symlinkSync(folder, place), /no regular file/],
    ['throws where there is nothing', () => symlinkSync('none', place), /ENOENT/],
  ]
  const linkTo = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text)
    symlinkSync(name, place)
  }
  for (const [what, make, found] of rows) {
    test(what, () => {
      rmSync(place, { force: true })
      make()
      if (typeof found === 'string') assert.equal(readRegular(place, 8).toString(), found)
      else assert.throws(() => readRegular(place, 8), found)
    })
  }
})
