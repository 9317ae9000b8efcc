// Tarballs of a mirror: how much of one is read.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
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
