// Tarballs of a mirror: how much of one is read.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parsePackageName, parseVersion } from '@stele/formats/names'
import { openCloneFolder } from '../src/clone/clone-folder.ts'
import type { Copied } from '../src/clone/clone-service.ts'
import { copyTarballs } from '../src/mirror/tarballs.ts'

test('copyTarballs() reads as many bytes as the log says, however many these are', async () => {
  const root = mkdtempSync(join(tmpdir(), 'stele-tarballs-'))
  try {
    const asked: unknown[] = []
    const layers = {
      fetchBlob: async (name: string, maxBytes?: number) => {
        asked.push([name, maxBytes])
        return new Uint8Array(0)
      },
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The rest of a copy is not looked at.
    const copied = { layers, folder: openCloneFolder(root) } as unknown as Copied
    const notice = { gone: false }
    const record = { name: parsePackageName('large'), version: parseVersion('1.0.0') }
    const large = {
      name: 'large',
      version: '1.0.0',
      integrity: '',
      record,
      notice,
      isObserved: false,
    }
    const sizeBytes = 200 * 1024 * 1024
    await copyTarballs(copied, [{ ...large, sha512: 'ab', sizeBytes }], { rehash: false })
    assert.deepEqual(asked, [['ab', sizeBytes]])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
