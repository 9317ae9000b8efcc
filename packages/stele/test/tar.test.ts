// The tar of a pack: what was written is read again, and what is something else is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type TarPlace, tarHeaders, tarPadding, walkTar } from '../src/mirror/tar.ts'

const path = fc.stringMatching(/^-\/log\/[a-z0-9./]{1,200}$/)
const files = fc.array(fc.tuple(path, fc.uint8Array({ maxLength: 1500 })), { maxLength: 6 })

test('walkTar() finds the files that tarHeaders() wrote, with paths of any length', () => {
  fc.assert(
    fc.property(files, (written) => {
      const tar = tarOf(written)
      const found = [...walk(tar)].map(({ name, at, size }) => [name, tar.subarray(at, at + size)])
      assert.deepEqual(
        found,
        written.map(([name, bytes]) => [name, Buffer.from(bytes)]),
      )
    }),
    { numRuns: 50 },
  )
})

test('walkTar() refuses a tar that is cut anywhere', () => {
  const tar = tarOf([
    ['-/log/key', Buffer.from('key')],
    [`-/log/blob/${'a'.repeat(128)}`, Buffer.alloc(700)],
  ])
  const end = tar.length - 1024
  for (let length = 0; length < end; length += 97) {
    assert.throws(() => [...walk(tar.subarray(0, length))], /it is cut short/, String(length))
  }
})

const changes: readonly (readonly [what: string, change: (tar: Buffer) => void, said: RegExp])[] = [
  ['a byte of a header changed', (tar) => tar.fill('x', 3, 4), /it is no pack/],
  ['a size that is none', (tar) => tar.fill('9', 124, 125), /it is no pack/],
  ['a link', (tar) => retyped(tar, '1'), /something else than files/],
  ['a folder', (tar) => retyped(tar, '5'), /something else than files/],
  ['a path that never ends', (tar) => retyped(tar, 'x'), /a path in it is too long/],
]
for (const [what, change, said] of changes) {
  test(`walkTar() refuses ${what}`, () => {
    const tar = tarOf([['-/log/key', Buffer.alloc(2000)]])
    change(tar)
    assert.throws(() => [...walk(tar)], said)
  })
}

function tarOf(written: readonly (readonly [string, Uint8Array])[]): Buffer {
  const parts = written.flatMap(([name, bytes]) => [
    tarHeaders(name, bytes.length),
    bytes,
    tarPadding(bytes.length),
  ])
  return Buffer.concat([...parts, tarPadding('end')])
}

function walk(tar: Buffer): Generator<TarPlace> {
  const read = (at: number, size: number): Buffer => tar.subarray(at, at + size)
  return walkTar(read, { refuse: (reason) => new Error(reason), maxPathBytes: 1024 })
}

/** The first file as something else, with a header that is right. */
function retyped(tar: Buffer, type: string): void {
  tar.write(type, 156)
  tar.fill(' ', 148, 156)
  const sum = tar.subarray(0, 512).reduce((all, byte) => all + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}
