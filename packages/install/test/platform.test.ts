import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFor } from '../src/platform.ts'

const linux = { os: 'linux', cpu: 'x64', libc: 'glibc' }
const rows: readonly (readonly [what: object, isFor: boolean])[] = [
  [{}, true],
  [{ os: ['linux'] }, true],
  [{ os: 'linux' }, true],
  [{ os: ['any'] }, true],
  [{ os: [] }, true],
  [{ os: ['darwin', 'linux'], cpu: ['x64'] }, true],
  [{ os: ['darwin'] }, false],
  [{ os: ['!win32'] }, true],
  [{ os: ['!linux'] }, false],
  [{ os: ['!win32', 'darwin'] }, false],
  [{ cpu: ['arm64'] }, false],
  [{ libc: ['musl'] }, false],
  [{ libc: ['glibc'] }, true],
]
for (const [said, wanted] of rows) {
  test(`isFor() says ${wanted} to ${JSON.stringify(said)} on Linux`, () => {
    const release = { name: 'p', version: '1.0.0', dist: { tarball: '' }, ...said }
    assert.equal(isFor(release, linux), wanted)
  })
}
