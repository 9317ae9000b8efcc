// Tarballs of a mirror: how much of one is read, and what becomes of a damaged one.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { blobPath } from '@stele/entries/paths'
import { openCloneFolder } from '../src/clone/clone-folder.ts'
import type { Copied } from '../src/clone/clone-service.ts'
import { copyTarballs } from '../src/mirror/tarballs.ts'

for (const [what, isObserved, path] of [
  ['its own', false, 'blob ab'],
  ["an upstream's", true, '/large/-/large-1.0.0.tgz'],
] as const) {
  test(`copyTarballs() reads as many bytes of ${what} as the log says, however many these are`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'stele-tarballs-'))
    try {
      const asked: unknown[] = []
      const layers = {
        fetch: async (address: string, maxBytes: number) => {
          asked.push([address, maxBytes])
          throw new Error('It is asked for')
        },
        fetchBlob: async (name: string, maxBytes?: number) => {
          asked.push([`blob ${name}`, maxBytes])
          throw new Error('It is asked for')
        },
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The rest of a copy is not looked at.
      const copied = { layers, folder: openCloneFolder(root) } as unknown as Copied
      const sizeBytes = 200 * 1024 * 1024
      const large = { name: 'large', version: '1.0.0', sha512: 'ab', sizeBytes, isObserved }
      const copying = copyTarballs(copied, [large], { rehash: false })
      await assert.rejects(copying, { message: 'It is asked for' })
      assert.deepEqual(asked, [[path, sizeBytes]])
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
}

const right = Buffer.from('the right bytes')
const sha512 = hash('sha512', right)
const refused = { status: 403, bytes: new Uint8Array(0) }

for (const [what, answer, isMended] of [
  ['mends a damaged tarball of an upstream', { status: 200, bytes: right }, true],
  ['holds a damaged tarball no more when the registry gives it nobody now', refused, false],
] as const) {
  test(`copyTarballs() ${what}`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'stele-tarballs-'))
    try {
      const file = join(root, '-/log', blobPath(sha512))
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, 'the wrong bytes')
      // What is here is not right, and the registry has no blob of it.
      const layers = { fetchBlob: async () => undefined, fetch: async () => answer }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The rest of a copy is not looked at.
      const copied = { layers, folder: openCloneFolder(root) } as unknown as Copied
      const sizeBytes = right.length
      const one = { name: 'one', version: '1.0.0', sha512, sizeBytes, isObserved: true }
      const { missing } = await copyTarballs(copied, [one], { rehash: true })
      assert.deepEqual(missing, [])
      assert.equal(existsSync(file) && readFileSync(file).equals(right), isMended)
      assert.equal(existsSync(file), isMended)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
}
