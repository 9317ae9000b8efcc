// The HTTP scripts of this folder, against a real server each. The unit suite runs them against the app alone.
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { runHttpScript, serverTarget } from './http-script.ts'
import { assertNoTrouble, startServer } from './server.ts'

const folder = new URL('./', import.meta.url)

for (const name of (await readdir(folder)).filter((file) => file.endsWith('.http'))) {
  test(`a real server answers as ${name} says`, async () => {
    await using server = await startServer()
    const text = await readFile(new URL(name, folder), 'utf8')
    await runHttpScript({ name, text }, serverTarget(server.url))
    assertNoTrouble(server.lines)
  })
}
