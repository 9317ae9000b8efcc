import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Helpers, oneSet } from '../src/verify/helpers.ts'

test('oneSet() ends the threads before when others take their place, and the last ones in the end', async () => {
  const heard: string[] = []
  const start = (name: string) => (): Helpers => {
    heard.push(`${name} starts`)
    return { helpers: [], end: async () => void heard.push(`${name} ends`) }
  }
  const threads = oneSet()
  await threads.end()
  await threads.replace(start('one'))
  await threads.replace(start('two'))
  assert.deepEqual(heard, ['one starts', 'one ends', 'two starts'])
  await threads.end()
  await threads.end()
  assert.deepEqual(heard.slice(3), ['two ends'])
})
