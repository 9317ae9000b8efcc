import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../src/commands/catalogue.ts'
import { summaries } from '../src/commands/summaries.ts'

test('summaries names every command and what its own usage says', async () => {
  const loaded = Object.entries(commands).map(async ([name, load]) => [
    name,
    (await load()).usage.summary,
  ])
  assert.deepEqual(summaries, Object.fromEntries(await Promise.all(loaded)))
})
