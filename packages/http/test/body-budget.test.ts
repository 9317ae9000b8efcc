// Who gets in when the bodies of all requests hold as much as they may.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBodyBudget } from '../src/body-budget.ts'

type Row = {
  readonly what: string
  /** `sender bytes`, with `!` behind a body that has come whole. A sender is `address` or `address/account`. */
  readonly bodies: readonly string[]
  /** What became of each, in a budget of 100 bytes. */
  readonly became: readonly ('held' | 'cut' | 'refused')[]
}

const rows: readonly Row[] = [
  { what: 'there is room', bodies: ['a 50', 'b 50'], became: ['held', 'held'] },
  {
    what: 'one address wants over three quarters',
    bodies: ['a 75', 'a 1'],
    became: ['held', 'refused'],
  },
  {
    what: 'one account wants over three quarters from two addresses',
    bodies: ['a/x 40', 'b/x 36'],
    became: ['held', 'refused'],
  },
  {
    what: 'an address sends slowly what fills it, and another comes',
    bodies: ['a 25', 'a 25', 'a 25', 'b 20', 'c 20'],
    became: ['cut', 'held', 'held', 'held', 'held'],
  },
  {
    what: 'an account sends from many addresses what fills it, and another comes',
    bodies: ['a/x 30', 'b/x 30', 'c/y 30', 'd/z 20'],
    became: ['cut', 'held', 'held', 'held'],
  },
  {
    what: 'whoever comes holds as much as the others',
    bodies: ['a 50', 'b 25', 'c 25', 'b 26'],
    became: ['held', 'held', 'held', 'refused'],
  },
  {
    what: 'all that the heaviest sent has come whole',
    bodies: ['a 70!', 'b 30', 'c 10'],
    became: ['held', 'cut', 'held'],
  },
  {
    what: 'everything has come whole',
    bodies: ['a 70!', 'b 30!', 'c 10'],
    became: ['held', 'held', 'refused'],
  },
]
for (const { what, bodies, became } of rows) {
  test(`take() leaves ${became.join(', ')} when ${what}`, () => {
    const budget = createBodyBudget(100)
    const found: string[] = []
    for (const [at, body] of bodies.entries()) {
      const [, client = '', account, sizeBytes, whole] =
        /^(\w)(?:\/(\w))? (\d+)(!?)$/.exec(body) ?? []
      const share = budget.open({ client, account }, () => void (found[at] = 'cut'))
      try {
        found[at] = 'held'
        share.take(Number(sizeBytes))
        if (whole === '!') share.arrived()
      } catch (error) {
        assert.equal(Reflect.get(Object(error), 'code'), 'server_busy')
        found[at] = 'refused'
        share.release()
      }
    }
    assert.deepEqual(found, became)
    const sizes = bodies.map((body) => Number(/\d+/.exec(body)?.[0]))
    const held = sizes.filter((_, at) => became[at] === 'held')
    assert.equal(
      budget.usedBytes(),
      held.reduce((sum, one) => sum + one, 0),
    )
  })
}

test('release() gives back once what a body held, however often it is called', () => {
  const budget = createBodyBudget(100)
  const share = budget.open({ client: 'a', account: 'x' }, () => undefined)
  share.take(10)
  share.take(20)
  const other = budget.open({ client: 'a' }, () => undefined)
  other.take(5)
  share.release()
  share.release()
  assert.equal(budget.usedBytes(), 5)
  other.release()
  assert.equal(budget.usedBytes(), 0)
})
