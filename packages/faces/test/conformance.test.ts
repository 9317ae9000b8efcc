// The HTTP scripts of conformance/, against the app over fakes. The same scripts run against a real server elsewhere.
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { App } from '@stele/http'
import { runHttpScript, type ScriptTarget } from '../../../conformance/http-script.ts'
import { ask } from '../../http/test/incoming.ts'
import { createFixture } from './app-fixture.ts'

const folder = new URL('../../../conformance/', import.meta.url)

function appTarget(app: App): ScriptTarget {
  return async ({ method, path, headers, body }) => {
    const reply = await app(ask(method, path, { headers, body }))
    const { status, headers: sent, body: given = new Uint8Array() } = reply
    if (!(given instanceof Uint8Array)) throw new Error('The fakes have no files')
    return { status, headers: sent, body: given }
  }
}

for (const name of readdirSync(folder).filter((file) => file.endsWith('.http'))) {
  test(`createApp() answers as ${name} says`, async () => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    await runHttpScript({ name, text }, appTarget(createFixture().app))
  })
}
