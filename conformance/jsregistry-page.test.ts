// docs/jsregistry.md, its very lines, as a reader would type them: the addresses that it names stand for some of this machine.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeZip } from '../packages/faces/test/make-zip.ts'
import { createNpm } from './npm-client.ts'
import { readBlocks } from './page-lines.ts'
import { runProgram } from './processes.ts'
import { signUp } from './registry-client.ts'
import { assertNoTrouble, assertVerifies, repository, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

/** A line of the page, by its beginning, and what it shows. */
type Step = readonly [begins: string, shows: RegExp]

test('docs/jsregistry.md works line by line', async () => {
  const page = await readFile(join(repository, 'docs/jsregistry.md'), 'utf8')
  const lines = readBlocks(page).flatMap((block) => block.split('\n').filter((line) => line !== ''))
  await using folder = await makeFolder('jsregistry-page')
  await using host = await startHost()
  const config = join(folder.path, 'stele.yaml')
  await writeFile(config, settingOf(page).replace('repo.example,', `"${host.place}",`))
  await using server = await startServer({ flags: ['--config', config] })
  const { token } = await signUp(server.url, 'max')
  const npm = await createNpm('npm12', { folder: folder.path })
  await writeFile(join(folder.path, 'package.json'), '{"name":"own","version":"1.0.0"}')

  const type = async ([begins, shows]: Step): Promise<void> => {
    const found = lines.filter((line) => line.startsWith(begins))
    assert.equal(found.length, 1, `"${begins}" is on the page ${found.length} times`)
    const line = String(found[0])
      .replaceAll('http://localhost:4873', server.url)
      .replaceAll('https://repo.example', `http://${host.place}`)
      .replace('-u max', "-u 'max:correct horse'") // Which somebody types.
    const env = { ...npm.env, TOKEN: token }
    const { code, stdout, shown } = await runProgram('bash', ['--norc', '-c', line], {
      cwd: folder.path,
      env,
    })
    assert.equal(code, 0, `${line}\n${shown}`)
    assert.match(stdout, shows, line)
  }
  const upload = async (version: string, step: Step): Promise<void> => {
    await writeFile(join(folder.path, 'maps.zip'), archiveOf('map', version))
    await type(step)
  }
  await upload('3.0.0', ['curl -H "Authorization', /"name":"map@3\.0\.0"/])
  await upload('3.1.0', ['curl -u max -F file', /"name":"map@3\.1\.0"/])
  const at = (path: string): string => `http://localhost:4873/resources/jsregistry/${path}`
  const steps: readonly Step[] = [
    ['curl -u max -F url', /"name":"tiles@1\.0\.0"/],
    ['curl -u max --json', /"name":"tiles@1\.0\.1"/],
    [`npm --registry=${at('root')} install map@3.1.0`, /added 1 package|up to date/],
    [`curl ${at('root')} `, /"map":"http:.*"tiles":"http:/],
    [`curl ${at('root/map')} `, /"versions":\{"3\.0\.0":"http:/],
    [`curl ${at('root/map/3.1.0')} `, /"_id":"map@3\.1\.0".*"location":"http:/],
    [`curl '${at('root/map/3.1.0?dist=true')}'`, /"zip_shasum":"[0-9a-f]{40}"/],
    [`curl ${at('root/map/latest/main.js')} `, /map 3\.1\.0/],
    [`curl -G ${at('packs')} `, /\{"total":0,"items":\[\]\}/],
    ['curl -X DELETE', /"ok":true/],
  ]
  for (const step of steps) await type(step)
  assertNoTrouble(server.lines)
  await assertVerifies(server.url)
})

/** The setting that names hosts, as the page has it. */
function settingOf(page: string): string {
  const [setting] = /^jsregistry:\n {2}upload:\n.*\n/m.exec(page) ?? []
  assert.ok(setting !== undefined, 'The page shows no setting')
  return setting
}

/** Has a new version each time it is asked. */
async function startHost(): Promise<AsyncDisposable & { readonly place: string }> {
  let asked = 0
  const server = createServer((_, reply) => reply.end(archiveOf('tiles', `1.0.${asked++}`)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    place: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function archiveOf(name: string, version: string): Buffer {
  const content = JSON.stringify({ name, version, main: 'main.js' })
  return makeZip([
    { path: `${name}/package.json`, content },
    { path: `${name}/main.js`, content: `// ${name} ${version}\n` },
  ])
}
