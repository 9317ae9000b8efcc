// When a file is looked at, and what is said of it.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { soundReadBytes } from '../src/limits.ts'
import { createSoundFiles, type NamedFile } from '../src/sound-files.ts'
import { tempFolder } from './temp-folder.ts'

function put(t: TestContext, bytes: Uint8Array): NamedFile {
  const path = join(tempFolder(t), 'file')
  writeFileSync(path, bytes)
  return { path, sizeBytes: bytes.length, sha512: hash('sha512', bytes) }
}

for (const sizeBytes of [0, 1, soundReadBytes, soundReadBytes + 1, 3 * soundReadBytes]) {
  test(`isSound() looks at a file of ${sizeBytes} bytes once, and then knows`, async (t) => {
    const file = put(t, Buffer.alloc(sizeBytes, 'a'))
    const files = createSoundFiles(() => assert.fail('It is not damaged'))
    const first = files.isSound(file)
    assert.ok(first instanceof Promise)
    assert.equal(await first, true)
    assert.equal(files.isSound(file), true)
  })
}

test('isSound() believes what was hashed when it was written', (t) => {
  const files = createSoundFiles(() => assert.fail('It is not damaged'))
  const file = put(t, Buffer.from('abc'))
  files.note(file)
  assert.equal(files.isSound(file), true)
})

for (const [what, change] of [
  ['written to', (path: string) => writeFileSync(path, 'abd')],
  ['replaced', (path: string) => (rmSync(path), writeFileSync(path, 'abd'))],
] as const) {
  test(`isSound() is false when the file was ${what}, and tells of that once`, async (t) => {
    const damaged: string[] = []
    const files = createSoundFiles((path) => damaged.push(path))
    const file = put(t, Buffer.from('abc'))
    files.note(file)
    const { ctimeMs } = statSync(file.path)
    change(file.path)
    while (statSync(file.path).ctimeMs === ctimeMs) utimesSync(file.path, 0, 0) // The system's clock ticks slowly.
    assert.equal(await files.isSound(file), false)
    assert.equal(await files.isSound(file), false)
    assert.deepEqual(damaged, [file.path])
  })
}

test('isSound() looks once when many ask at the same time', async (t) => {
  const files = createSoundFiles(() => undefined)
  const file = put(t, Buffer.alloc(2 * soundReadBytes))
  const [first, second] = [files.isSound(file), files.isSound(file)]
  assert.equal(first, second)
  assert.equal(await first, true)
})

test('isSound() is false for a file that is gone, or of another size, and tells nobody', async (t) => {
  const files = createSoundFiles(() => assert.fail('Nothing is damaged'))
  const file = put(t, Buffer.from('abc'))
  assert.equal(await files.isSound({ ...file, sizeBytes: 4 }), false)
  rmSync(file.path)
  assert.equal(await files.isSound(file), false)
})
