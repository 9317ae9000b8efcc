import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { ownerNotice } from '../src/client/store/store-owner.ts'

suite('ownerNotice()', { skip: process.platform === 'win32' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-owner-'))
  after(() => rmSync(folder, { recursive: true }))
  const slots = join(folder, 'slots')
  mkdirSync(slots)
  const { uid } = statSync(folder)
  const rows: readonly (readonly [
    what: string,
    mode: number,
    uid: number,
    said: RegExp | undefined,
  ])[] = [
    ['is silent where the store is ours', 0o755, uid, undefined],
    ['is silent where a group shares it', 0o775, uid, undefined],
    ['tells where anybody can write there', 0o777, uid, /chmod -R o-w/],
  ]
  for (const [what, mode, own, said] of rows) {
    test(what, () => {
      for (const each of [folder, slots]) {
        chmodSync(each, mode)
        const notice = ownerNotice(folder, own)
        chmodSync(each, 0o755)
        if (said === undefined) assert.equal(notice, undefined)
        else assert.match(notice ?? '', said)
      }
    })
  }
  test("tells where it is another user's, unless that is root", () => {
    const notice = ownerNotice(folder, 12_345)
    if (uid === 0) assert.equal(notice, undefined)
    else assert.match(notice ?? '', /another user's/)
  })
})
