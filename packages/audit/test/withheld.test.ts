// What is kept of takedowns: no more than what explains something that is missing, whatever they name.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { WithheldPart } from '@stele/entries/takedowns'
import { Withheld } from '../src/withheld.ts'

const blob = 'ab'.repeat(64)
const values = (entry: number, ...writes: readonly number[]): WithheldPart => ({
  entry,
  part: 'values',
  writes,
})
const positions = Array.from({ length: 10_000 }, (_, position) => position)

suite('Withheld', () => {
  test('name() keeps nothing of what is named and not missing', () => {
    const withheld = new Withheld()
    withheld.miss(values(3, 7), 3)
    const parts = positions.slice(0, 21).map((entry) => values(entry, ...positions))
    withheld.name([...parts, { entry: 4, part: 'body' }, { entry: 5, part: 'values' }], 30, 'r')
    const { named } = withheld.toJson()
    assert.equal(named.length, 1) // Not compared whole: what could be wrong is long.
    assert.deepEqual(named[0]?.part, values(3, 7))
    assert.deepEqual(withheld.unexplained(), [])
  })

  test('toJson() tells a reason once for all values of an entry that a takedown names', () => {
    const withheld = new Withheld()
    for (const position of [0, 1, 2]) withheld.miss(values(3, position), 3)
    withheld.name([values(3, 0, 1, 2, 9)], 5, 'five')
    withheld.name([values(3, 1)], 6, 'six')
    assert.deepEqual(withheld.toJson().named, [
      { part: values(3, 0, 2), takedown: 5, reason: 'five' },
      { part: values(3, 1), takedown: 6, reason: 'six' },
    ])
  })

  for (const [title, missing, named, isExplained] of [
    ['its body, and it is named', { entry: 3, part: 'body' }, { entry: 3, part: 'body' }, true],
    [
      'its body, and its effects are',
      { entry: 3, part: 'body' },
      { entry: 3, part: 'effects' },
      false,
    ],
    ['a value, and it is named among others', values(3, 1), values(3, 0, 1, 2), true],
    ['a value, and others are', values(3, 1), values(3, 0, 2), false],
    ['a value, and all are', values(3, 1), { entry: 3, part: 'values' }, true],
    ['all values, and some are', { entry: 3, part: 'values' }, values(3, 0, 1), false],
    ['a value of another entry', values(3, 1), values(2, 1), false],
    ['a blob, and it is named', { blob }, { blob }, true],
  ] as const) {
    for (const how of ['at once', 'when kept in between']) {
      test(`unexplained() gives ${isExplained ? 'nothing' : 'a finding'} when what is missing is ${title} ${how}`, () => {
        const first = new Withheld()
        first.miss(missing, 3)
        first.name([named], 9, 'r')
        const second = new Withheld()
        second.restore(JSON.parse(JSON.stringify(first.toJson())))
        const withheld = how === 'at once' ? first : second
        assert.equal(withheld.unexplained().length, isExplained ? 0 : 1)
        assert.equal(
          withheld.reasonOf(missing),
          isExplained && title !== 'a value, and all are' ? 'r' : undefined,
        )
      })
    }
  }

  test('unexplained() gives a finding when the takedown does not come after the entry', () => {
    for (const takedown of [2, 3]) {
      const withheld = new Withheld()
      withheld.miss({ entry: 3, part: 'body' }, 3)
      withheld.name([{ entry: 3, part: 'body' }], takedown, 'r')
      assert.equal(withheld.unexplained().length, 1)
    }
  })

  test('unexplained() gives nothing when a blob is missed after its takedown was read', () => {
    const withheld = new Withheld()
    withheld.name([{ blob }], 2, 'r')
    withheld.miss({ blob }, 3)
    assert.deepEqual(withheld.unexplained(), [])
  })

  for (const [title, part, from, reaches] of [
    ['an entry before', { entry: 3, part: 'body' }, 4, true],
    ['a value of an entry before', values(3, 1), 4, true],
    ['an entry that came with it', { entry: 5, part: 'body' }, 4, false],
    ['a blob', { blob }, 4, true],
    ['an entry before, and is one of those before', { entry: 3, part: 'body' }, 10, false],
  ] as const) {
    test(`reachesBack() gives ${reaches} when a takedown names ${title}`, () => {
      const withheld = new Withheld()
      withheld.name([part], 9, 'r')
      assert.equal(withheld.reachesBack(from), reaches)
    })
  }
})
