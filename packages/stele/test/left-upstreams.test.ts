// Which upstreams the log knows and the settings do not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countLeft } from '../src/services/registry/left-upstreams.ts'

/** A state that has packages of these origins, by their names. */
function stateOf(origins: { readonly [name: string]: string }): Parameters<typeof countLeft>[0] {
  return {
    list: (object) => (object === '/packages' ? Object.keys(origins).map((one) => `${one}/`) : []),
    get: (object, field) => {
      const origin = origins[object.replace('/packages/', '')]
      return field === 'origin' && origin !== undefined ? Buffer.from(origin) : undefined
    },
  }
}

const origins = { a: 'npm', b: 'hosted', c: 'npm', d: 'work' }
const goOn = async (): Promise<boolean> => true

// the upstreams of the settings, what is counted
const counts: readonly (readonly [readonly string[], { readonly [id: string]: number }])[] = [
  [[], { npm: 2, work: 1 }],
  [['work'], { npm: 2 }],
  [['npm', 'work', 'more'], {}],
]
for (const [asked, wanted] of counts) {
  test(`countLeft() counts ${JSON.stringify(wanted)} where [${asked.join()}] are asked`, async () => {
    assert.deepEqual(Object.fromEntries(await countLeft(stateOf(origins), asked, goOn)), wanted)
  })
}

test('countLeft() reads no more when nobody wants to know any more', async () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`p${at}`, 'npm']))
  const { list, get } = stateOf(many)
  let [reads, pauses] = [0, 0]
  const state = {
    list,
    get: (...of: Parameters<typeof get>) => {
      reads += 1
      return get(...of)
    },
  }
  const found = await countLeft(state, [], async () => ++pauses < 2)
  assert.deepEqual([found.size, reads < 600], [0, true])
})
