import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { takeTurns } from '../src/client/store/hold.ts'

suite('takeTurns()', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-hold-'))
    mkdirSync(join(folder, 'project'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const take = (project: string, onWait = (): void => {}): Promise<Disposable> =>
    takeTurns(join(folder, project), join(folder, 'store'), onWait)

  test('lets one at a time into a project, by whatever path', async () => {
    symlinkSync('project', join(folder, 'link'))
    const first = await take('project')
    const waits = Promise.withResolvers<void>()
    let isIn = false
    const second = take('link', waits.resolve).then((turn) => {
      isIn = true
      return turn
    })
    await waits.promise
    assert.equal(isIn, false)
    first[Symbol.dispose]()
    using _ = await second
    assert.equal(isIn, true)
  })

  test('lets several projects go on beside each other', async () => {
    mkdirSync(join(folder, 'other'))
    using _ = await take('project')
    using other = await take('other', () => assert.fail('Nobody has to wait'))
    assert.ok(other)
  })

  test('writes nothing into the project: what stands there may be links that lead out of it', async () => {
    const mine = join(folder, 'mine')
    writeFileSync(mine, 'mine')
    const own = join(folder, 'project/node_modules/.stele')
    mkdirSync(own, { recursive: true })
    for (const name of ['lock.db', 'lock.db.owner']) symlinkSync(mine, join(own, name))
    {
      using _ = await take('project')
      assert.deepEqual(readdirSync(own).toSorted(), ['lock.db', 'lock.db.owner'])
    }
    assert.equal(readFileSync(mine, 'utf8'), 'mine')
  })
})
