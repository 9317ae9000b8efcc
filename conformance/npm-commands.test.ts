// The story of npm-story/, played with each version of npm against a real server; then the server's own account of it.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type NpmVersion, npmVersions } from './npm-client.ts'
import type { Command, Row } from './npm-story/row.ts'
import { story } from './npm-story/story.ts'
import { openWorld, setFolder, type World } from './npm-world.ts'
import { assertCleanAnswers } from './recording-proxy.ts'
import { assertNoTrouble, assertVerifies, readCheckpoint } from './server.ts'

for (const version of npmVersions) suite(version, () => playStory(version))

function playStory(version: NpmVersion): void {
  let world: World
  before(async () => {
    world = await openWorld(version)
  })
  after(async () => {
    await world?.[Symbol.asyncDispose]()
  })
  for (const row of story) {
    if (row.only !== undefined && row.only !== version) continue
    test(`${version} ${row.claim}`, () => play(row, world))
  }
  test(`${version} met no 5xx, and every refusal was JSON`, () => {
    assertCleanAnswers(world.proxy.answered)
    assertNoTrouble(world.server.lines)
  })
  test(`${version} left a registry that verifies`, () => assertVerifies(world.server.url))
}

async function play(row: Row, world: World): Promise<void> {
  const cwd = world.path(row.in ?? 'empty')
  if (row.files !== undefined || row.in === undefined) await setFolder(cwd, row.files ?? {})
  await row.prepare?.(world)
  const words = await wordsOf(row.npm, world)
  const { size: sizeBefore } = await readCheckpoint(world.server.url)
  const askedBefore = world.proxy.answered.length
  const finished = await world.users[row.as ?? 'alice'].run(words, {
    cwd,
    ...(row.answers === undefined ? {} : { answers: row.answers }),
  })
  const asked = world.proxy.answered
    .slice(askedBefore)
    .map(({ method, path, status }) => `${method} ${path} ${status}`)
  const account = `${finished.shown}\n${asked.join('\n')}`
  const { size: sizeAfter } = await readCheckpoint(world.server.url)
  assert.equal(finished.code, row.code, account)
  for (const wanted of [row.shows ?? []].flat()) assert.match(finished.shown, wanted, account)
  if (row.hides !== undefined) assert.doesNotMatch(finished.shown, row.hides)
  if (row.asks !== undefined) assert.match(asked.join('\n'), row.asks, account)
  assert.doesNotMatch(finished.shown, /\n\s+at .*:\d+:\d+/, 'A stack trace was shown')
  assert.equal(sizeAfter - sizeBefore, row.logs ?? 0, `Entries in the log:\n${account}`)
  await row.check?.(world, finished)
}

async function wordsOf(command: Command, world: World): Promise<readonly string[]> {
  if (typeof command === 'string') return command.split(' ')
  return typeof command === 'function' ? command(world) : command
}
