import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { limitConcurrency } from '../src/limit-concurrency.ts'

/** Work that is done when it is told, noted as it begins. */
function createWork(limit: ReturnType<typeof limitConcurrency>): {
  readonly begun: string[]
  readonly start: (name: string) => Promise<string>
  readonly end: (name: string, error?: Error) => void
} {
  const [begun, running] = [[] as string[], new Map<string, PromiseWithResolvers<string>>()]
  return {
    begun,
    start: (name) =>
      limit(() => {
        begun.push(name)
        const work = Promise.withResolvers<string>()
        running.set(name, work)
        return work.promise
      }),
    end: (name, error) => {
      const work = running.get(name) ?? assert.fail(`"${name}" has not begun`)
      if (error === undefined) work.resolve(name)
      else work.reject(error)
    },
  }
}

suite('limitConcurrency()', () => {
  test('limitConcurrency() begins the rest in its order, each when another has ended', async () => {
    const { begun, start, end } = createWork(limitConcurrency(2))
    const done = ['a', 'b', 'c', 'd'].map(start)
    assert.deepEqual(begun, ['a', 'b'])
    end('b')
    await done[1]
    await new Promise(setImmediate)
    assert.deepEqual(begun, ['a', 'b', 'c'])
    end('a')
    end('c')
    await done[2]
    await new Promise(setImmediate)
    end('d')
    assert.deepEqual(await Promise.all(done), ['a', 'b', 'c', 'd'])
  })

  test('limitConcurrency() gives the place on when work fails', async () => {
    const { begun, start, end } = createWork(limitConcurrency(1))
    const [failing, next] = [start('a'), start('b')]
    end('a', new Error('no'))
    await assert.rejects(failing, /^Error: no$/)
    await new Promise(setImmediate)
    assert.deepEqual(begun, ['a', 'b'])
    end('b')
    assert.equal(await next, 'b')
  })

  test('limitConcurrency() lets as many run as before when all had ended in between', async () => {
    const { begun, start, end } = createWork(limitConcurrency(1))
    for (const name of ['a', 'b']) {
      const one = start(name)
      end(name)
      await one
    }
    void start('c')
    void start('d')
    assert.deepEqual(begun, ['a', 'b', 'c'])
  })
})
