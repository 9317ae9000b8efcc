import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Outcome } from '@stele/entries/calls'
import { createScriptHost } from '@stele/host'
import { MemoryState } from '../src/vm/memory-state.ts'
import { isProvisionedId, provisionedFolder, readProvisioned } from '../src/vm/provisioned-files.ts'

const script = `
exports.make = (title, code) => System.vms.provisionVM({ title, code })
exports.end = (id) => System.vms.shutdownVM(id)`

// Of a fresh memory: no call sees another.
const host = createScriptHost({
  script,
  memory: 'fresh',
  print: () => {},
  blobs: () => undefined,
})

/** Calls this method of the script; an oracle names a new service `id`. */
function call(
  method: string,
  args: readonly string[],
  id = '',
  state = new MemoryState(),
): Outcome {
  const sender = { account: 'alice', via: 'token', timeMs: 1, seed: new Uint8Array(32) } as const
  const asked = { method, args: JSON.stringify(args), ...sender }
  return host.call({ ...asked, outside: () => ({ value: { id } }) }, state)
}

suite('isProvisionedId()', () => {
  const ids = [
    ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
    'é',
    'ſ',
    '\u212a',
    '٣',
    'a\n',
    'a\r',
    'a b',
    'list-1',
    '..',
    '__proto__',
    '',
    'x'.repeat(64),
    'x'.repeat(65),
  ]
  for (const id of ids) {
    test(`takes or refuses ${JSON.stringify(id.slice(0, 10))} of ${id.length} as the engine does`, () => {
      assert.equal(isProvisionedId(id), call('make', ['a', 'b'], id).ok)
    })
  }

  test('takes what the engine ends again', () => {
    const state = new MemoryState([
      ['/', `${provisionedFolder.slice(1)}/`, Buffer.alloc(0)],
      [provisionedFolder, 'list_1', Buffer.alloc(0)],
    ])
    const ended = call('end', ['list_1'], '', state)
    assert.deepEqual(ended.ok && ended.writes, [
      { object: provisionedFolder, field: 'list_1', value: null },
    ])
  })
})

suite('readProvisioned()', () => {
  test('reads what the engine writes', () => {
    const made = call('make', ['a "title"', 'exports.n = 1'], 'x')
    const [file] = made.ok ? made.writes.filter(({ field }) => field === 'x') : []
    const read = readProvisioned(file?.value ?? undefined)
    assert.deepEqual(read, { title: 'a "title"', code: 'exports.n = 1' })
  })

  for (const text of ['', 'no JSON', '[]', '{"title":"x"}', '{"title":"x","code":1}', 'null']) {
    test(`throws when a script has written ${JSON.stringify(text)} by hand`, () => {
      assert.throws(() => readProvisioned(Buffer.from(text)), Error)
    })
  }
})
