// What a verification holds against a registry of a package that came from an upstream, over the vectors of spec/observed.json.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import type { Tools } from '../src/checks.ts'
import { compareObservedPackage } from '../src/served-observed.ts'

const file = new URL('../../../spec/observed.json', import.meta.url)
const { packument, chunk, calls } = JSON.parse(readFileSync(file, 'utf8'))

/** The state after the calls of the vectors up to the first contents. */
function stateRows(): ReadonlyMap<string, string> {
  const end = calls.findIndex((call: { method: string }) => call.method === 'contents') + 1
  const rows = calls
    .slice(0, end)
    .flatMap(({ writes = [] }) => writes)
    .map(([object, field, value]: readonly string[]) => [`${object} ${field}`, value])
  return new Map(rows)
}

type Fetch = Tools['fetch']

const given: Fetch = async () => answer(JSON.stringify(packument))

type Answers = { readonly document?: Fetch; readonly ping?: Fetch }

/** A registry that serves the packument of the vectors, or `document` instead; `tarball` and `ping` answer the rest. */
function toolsOf(
  tarball: Fetch,
  { document = given, ping = async () => answer('{}') }: Answers = {},
): Tools {
  const rows = stateRows()
  const state = {
    get: (object: string, field: string) => {
      const value = rows.get(`${object} ${field}`)
      return value === undefined ? undefined : Buffer.from(value)
    },
    list: (object: string) =>
      [...rows.keys()]
        .filter((key) => key.startsWith(`${object} `))
        .map((key) => key.slice(object.length + 1).replace(/\/$/, '')),
    row: () => undefined,
    rows: () => [],
  }
  return {
    state,
    contents: true,
    fetchBlob: async () => Buffer.from(chunk.text),
    fetch: async (path, ...rest) => {
      if (path === '/left-pad') return document(path, ...rest)
      return path === '/-/ping' ? ping(path, ...rest) : tarball(path, ...rest)
    },
  }
}

function answer(text: string, status = 200): { status: number; bytes: Uint8Array } {
  return { status, bytes: Buffer.from(text) }
}

const unreachable: Fetch = async () => {
  throw new SteleError('server_unreachable', { url: 'http://here', reason: 'aborted' })
}
const refused: Fetch = async () => {
  throw new SteleError('server_refused', { url: 'http://here', status: 503, message: 'it is down' })
}

suite('compareObservedPackage()', () => {
  for (const [title, tarball] of [
    ['cuts it off', unreachable],
    ['says that its upstream is down', refused],
    ['refuses it', async () => answer('{}', 409)],
  ] as const) {
    test(`compareObservedPackage() does not hold a tarball against a registry that ${title}`, async () => {
      const outcome = await compareObservedPackage('left-pad', toolsOf(tarball), 7)
      assert.deepEqual(outcome, {
        faults: [],
        missing: [],
        contents: { compared: 0, notGiven: 1, heldBack: 0, notKnown: 1 },
      })
    })
  }

  test('compareObservedPackage() counts a tarball that the operator holds back as held back, and not as lost', async () => {
    const outcome = await compareObservedPackage(
      'left-pad',
      toolsOf(async () => answer('{}', 403)),
      7,
    )
    assert.deepEqual(outcome.contents, { compared: 0, notGiven: 0, heldBack: 1, notKnown: 1 })
  })

  for (const [title, document] of [
    ['has it no more', async () => answer('{}', 404)],
    ['cuts it off', unreachable],
    ['says that its upstream is down', refused],
  ] as const) {
    test(`compareObservedPackage() compares the tarballs of a packument where a registry ${title}`, async () => {
      const tools = toolsOf(async () => answer('evil'), { document })
      const { faults, contents, isNotGiven } = await compareObservedPackage('left-pad', tools, 7)
      assert.deepEqual(
        [isNotGiven, contents],
        [true, { compared: 1, notGiven: 0, heldBack: 0, notKnown: 1 }],
      )
      assert.deepEqual(
        faults.map(({ details }) => details.what),
        ['1.10.0: sha512 of its tarball'],
      )
    })
  }

  test('compareObservedPackage() counts the tarballs of which the log does not tell what they hold', async () => {
    const chosen = [...stateRows().keys()].filter((key) => key.includes('/versions '))
    const learned = [...stateRows().keys()].filter((key) => key.includes('/contents '))
    const { contents } = await compareObservedPackage('left-pad', toolsOf(refused), 7)
    assert.equal(contents?.notKnown, chosen.length - learned.length)
  })

  test('compareObservedPackage() tells of a packument that is not given where tarballs are left alone', async () => {
    const tools = { ...toolsOf(refused, { document: refused }), contents: false }
    const outcome = await compareObservedPackage('left-pad', tools, 7)
    assert.deepEqual(outcome, { faults: [], missing: [], isNotGiven: true })
  })

  test('compareObservedPackage() finds a packument that is not JSON', async () => {
    const tools = toolsOf(refused, { document: async () => answer('<html>') })
    const { faults, isNotGiven } = await compareObservedPackage('left-pad', tools, 7)
    assert.deepEqual(
      [isNotGiven, faults.map(({ details }) => details.what)],
      [undefined, ['its packument']],
    )
  })

  test('compareObservedPackage() fails where the registry answers nothing any more', async () => {
    for (const document of [given, unreachable]) {
      const tools = toolsOf(unreachable, { document, ping: unreachable })
      await assert.rejects(compareObservedPackage('left-pad', tools, 7), (error) =>
        isSteleError(error, 'server_unreachable'),
      )
    }
  })

  test('compareObservedPackage() finds a tarball that is not the one in the log', async () => {
    const tools = toolsOf(async () => answer('evil'))
    const { faults, contents } = await compareObservedPackage('left-pad', tools, 7)
    assert.deepEqual(contents, { compared: 1, notGiven: 0, heldBack: 0, notKnown: 1 })
    assert.deepEqual(
      faults.map(({ details }) => details.what),
      ['1.10.0: sha512 of its tarball'],
    )
  })
})
