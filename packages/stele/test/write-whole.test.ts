import assert from 'node:assert/strict'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { changeSetting } from '../src/client/project/npmrc-file.ts'
import { writeWhole } from '../src/client/project/write-whole.ts'

/** A folder with `dotfiles/npmrc`, and `home/.npmrc` linked to it. */
function makeHome(): Disposable & { readonly link: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'stele-whole-'))
  const [link, file] = [join(folder, 'home/.npmrc'), join(folder, 'dotfiles/npmrc')]
  for (const each of ['home', 'dotfiles']) mkdirSync(join(folder, each))
  writeFileSync(file, 'a=1\n')
  symlinkSync('../dotfiles/npmrc', link)
  return { link, file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

suite('writeWhole()', { skip: process.platform === 'win32' }, () => {
  test('writes what a link leads to when the file is a link, and leaves nothing else behind', () => {
    using home = makeHome()
    writeWhole(home.link, 'a=2\n')
    assert.ok(lstatSync(home.link).isSymbolicLink())
    assert.equal(readFileSync(home.file, 'utf8'), 'a=2\n')
    assert.deepEqual(readdirSync(join(home.link, '..')), ['.npmrc'])
    assert.deepEqual(readdirSync(join(home.file, '..')), ['npmrc'])
  })

  test('keeps who may read the file', () => {
    using home = makeHome()
    chmodSync(home.file, 0o600)
    writeWhole(home.link, 'a=2\n')
    assert.equal(statSync(home.file).mode & 0o777, 0o600)
  })

  test('makes a file that is not there', () => {
    using home = makeHome()
    writeWhole(`${home.file}-2`, 'b=1\n', 0o600)
    assert.equal(readFileSync(`${home.file}-2`, 'utf8'), 'b=1\n')
    assert.equal(statSync(`${home.file}-2`).mode & 0o777, 0o600)
  })
})

test('changeSetting() leaves a link to the settings as it is', {
  skip: process.platform === 'win32',
}, () => {
  using home = makeHome()
  changeSetting(home.link, 'a', '2')
  assert.ok(lstatSync(home.link).isSymbolicLink())
  assert.equal(readFileSync(home.file, 'utf8'), 'a=2\n')
})
