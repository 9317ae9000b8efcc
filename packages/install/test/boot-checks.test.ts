import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createChecks, removalsPath } from '../src/boot-checks.ts'
import { maxBoots } from '../src/limits.ts'
import { slotKeys } from '../src/slot-keys.ts'
import { openStore } from '../src/store.ts'
import { fill, graphOf, makeProject } from './made-project.ts'

function makeFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'stele-boots-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** The machine is started: `atSeconds` from 1970 on, for the disk. */
function start(store: string, boot: string, atSeconds: number): void {
  const folder = join(store, 'boots')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, boot), '')
  utimesSync(join(folder, boot), atSeconds, atSeconds)
}

const laterSeconds = (): number => Math.ceil(Date.now() / 1000) + 1000

suite('createChecks()', () => {
  test('has a slot looked at once when it was made before this start of the machine', () => {
    using folder = makeFolder()
    start(folder.path, 'two', 1000)
    const checks = createChecks(folder.path, 'two')
    assert.equal(checks.isOld('slot', 1_000_001), false)
    assert.equal(checks.isOld('slot', 5), true)
    checks.noteWhole('slot', 5)
    assert.equal(checks.isOld('slot', 5), false)
    start(folder.path, 'three', 2000)
    assert.equal(createChecks(folder.path, 'three').isOld('slot', 5), false)
  })

  test('has a slot looked at again when it was made anew since', () => {
    using folder = makeFolder()
    start(folder.path, 'two', 1000)
    createChecks(folder.path, 'two').noteWhole('slot', 5)
    start(folder.path, 'three', 2000)
    assert.equal(createChecks(folder.path, 'three').isOld('slot', 1_500_000), true)
  })

  test('has no slot looked at when starts of the machine are not told apart', () => {
    using folder = makeFolder()
    assert.equal(createChecks(folder.path, undefined).isOld('slot', 5), false)
  })

  test('keeps the last starts of the machine alone', () => {
    using folder = makeFolder()
    for (let at = 1; at <= 2 * maxBoots; at++) start(folder.path, `boot-${at}`, at)
    createChecks(folder.path, 'now')
    const left = readdirSync(join(folder.path, 'boots'))
    assert.equal(left.length, maxBoots)
    assert.ok(left.includes('now') && left.includes(`boot-${2 * maxBoots}`))
  })

  test('notes a removal in the file that projects look at', () => {
    using folder = makeFolder()
    createChecks(folder.path, 'now').noteRemoval()
    assert.ok(existsSync(removalsPath(folder.path)))
  })
})

test('hasSlot() removes a slot that a power cut damaged when it was made anew after it had been looked at', () => {
  using project = makeProject()
  const graph = graphOf({ '.': ['a@1.0.0'] }, { 'a@1.0.0': {} })
  const slot = slotKeys(graph, () => '').get('a@1.0.0') ?? ''
  const { path } = project.store
  fill(project.store, graph, 'a@1.0.0')
  start(path, 'two', laterSeconds())
  const second = openStore(path, 'two')
  assert.ok(second.hasSlot(slot))
  second.removeSlot(slot)
  const place = fill(openStore(path), graph, 'a@1.0.0')
  writeFileSync(join(place, 'index.js'), '')
  start(path, 'three', laterSeconds())
  assert.equal(openStore(path, 'three').hasSlot(slot), false)
})
