// One list of two: this registry's packages, then the upstream's, page by page without gaps or repeats.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import type { UpstreamReads } from '../src/ports.ts'
import type { SearchAnswer } from '../src/search.ts'
import { createSearchAll, type SearchAll } from '../src/search-all.ts'

type Page = { readonly text: string; readonly from?: number; readonly size?: number }

const local = Array.from({ length: 7 }, (_, index) => `own-${index}`)
const remote = Array.from({ length: 12 }, (_, index) => `far-${index}`)

const resultOf = (name: string): SearchAnswer['objects'][number] => ({
  package: { name, version: '1.0.0' },
  score: { final: 1, detail: {} },
  searchScore: 1,
})

function searchLocal({ from = 0, size = 20 }: Page): SearchAnswer {
  const objects = local.slice(from, from + size).map(resultOf)
  return { objects, total: local.length, time: '' }
}

/** A search of both; `find` replaces what the upstream does. */
function searchOf(find?: UpstreamReads['search']): SearchAll {
  const search: UpstreamReads['search'] = async ({ from, size }) => ({
    objects: remote
      .slice(from, from + size)
      .map((name) => ({ package: { name, version: '2.0.0' } })),
    total: remote.length,
  })
  // Nothing else of an upstream is used by a search.
  return createSearchAll(searchLocal, { search: find ?? search } as UpstreamReads)
}

const namesOf = ({ objects }: SearchAnswer): unknown[] => objects.map((one) => one.package['name'])

suite('createSearchAll()', () => {
  for (const size of [1, 3, 7, 8, 20]) {
    test(`createSearchAll() pages by ${size} through all, each once`, async () => {
      const search = searchOf()
      const found: unknown[] = []
      for (let from = 0; from < local.length + remote.length; from += size) {
        const answer = await search({ text: 'x', from, size })
        assert.equal(answer.total, local.length + remote.length)
        assert.ok(answer.objects.length <= size)
        found.push(...namesOf(answer))
      }
      assert.deepEqual(found, [...local, ...remote])
    })
  }

  test('createSearchAll() shows its own alone where no upstream is told', async () => {
    const answers = await Promise.all([
      searchOf(async () => undefined)({ text: 'x' }),
      createSearchAll(searchLocal, undefined)({ text: 'x' }),
    ])
    for (const answer of answers) assert.deepEqual([namesOf(answer), answer.total], [local, 7])
  })

  test('createSearchAll() shows its own where the upstream fails, and says so', async () => {
    const told = { upstream: 'up', what: 'a search', reason: 'is down' }
    const answer = await searchOf(async () => {
      throw new SteleError('upstream_unreachable', told)
    })({ text: 'x' })
    assert.deepEqual([namesOf(answer), answer.total, answer.isPartial], [local, 7, true])
  })

  test('createSearchAll() gives clients the members that they fail without', async () => {
    const odd: readonly JsonObject[] = [
      { package: { name: 'bare', version: '1.0.0' } },
      {
        package: {
          name: 'named',
          version: '1.0.0',
          maintainers: [{ name: 'a' }, 'x'],
          publisher: { username: 'b', email: 'b@x' },
        },
      },
      { package: { name: 'no-version' } },
      { package: 'text' },
      {},
    ]
    const answer = await searchOf(async () => ({ objects: odd, total: 5 }))({ text: 'x' })
    const [bare, named, ...more] = answer.objects.slice(local.length).map((one) => one.package)
    assert.deepEqual(more, [])
    assert.deepEqual(bare, {
      name: 'bare',
      version: '1.0.0',
      description: '',
      keywords: [],
      date: '',
      links: {},
      maintainers: [],
    })
    assert.deepEqual(named?.['maintainers'], [{ username: 'a', name: 'a', email: '' }])
    assert.deepEqual(named?.['publisher'], { username: 'b', name: 'b', email: 'b@x' })
  })
})
