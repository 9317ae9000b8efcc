// Every client, every command that it has, in front of one server: trees, bytes, and what the log says in the end.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { clients } from './client-matrix/clients.ts'
import { playStep, typed } from './client-matrix/play.ts'
import { openStage, type Stage } from './client-matrix/stage.ts'
import { steps } from './client-matrix/steps.ts'
import { assertCleanAnswers } from './recording-proxy.ts'
import { assertNoTrouble, assertVerifies, type Server, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const atOnce = 3 // More would wait for each other on two cores.
const only = process.env['STELE_CLIENTS']?.split(',')

suite('clients', () => {
  let server: Server
  let folder: Folder
  before(async () => {
    folder = await makeFolder('clients')
    server = await startServer()
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  suite('one by one', { concurrency: atOnce }, () => {
    for (const client of clients.filter(({ name }) => only?.includes(name) ?? true))
      suite(client.name, { concurrency: 1 }, () => {
        let stage: Stage
        before(async () => {
          stage = await openStage(client, {
            url: server.url,
            folder: join(folder.path, client.name),
          })
        })
        after(() => stage?.[Symbol.asyncDispose]())
        for (const step of steps) {
          const how = typed(client, step)
          if (how === undefined) continue
          const title = `${client.name}${how.npm ? ` (${client.npm} for it)` : ''}: ${step.claim}`
          test(title, () => playStep(stage, step))
        }
        test(`${client.name} met no 5xx, refusals in JSON only, and nothing that is missing`, () => {
          assertCleanAnswers(stage.proxy.answered)
          const missing = stage.proxy.answered
            .filter(({ body }) =>
              /"code": "(route_not_found|not_offered|method_not_allowed)"/.test(body),
            )
            .map(({ method, path }) => `${method} ${path}`)
            .filter((asked) => !(client.asksInVain?.test(asked) ?? false))
          assert.deepEqual(missing, [])
        })
      })
  })

  test('the server met no trouble', () => assertNoTrouble(server.lines))
  test('the log verifies', () => assertVerifies(server.url))
})
