// The page of NodeVMS's package manager, walked as it is printed: the same commands, the same lines, with today's addresses. Where the
// page's own text is at hand its script and its commands are run; elsewhere the example that was written after it.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runProgram } from './processes.ts'
import { makeFolder } from './temporary-folder.ts'
import { nodevmsFile, startVm } from './vm-server.ts'

const seedFile = fileURLToPath(
  new URL('../../shared/seeds/nodevms-package-manager.txt', import.meta.url),
)
const exampleFile = fileURLToPath(new URL('../examples/vm/package-manager.js', import.meta.url))

/** The page's script and shell lines, its errata mended (docs/vm.md lists them). */
type Page = { readonly script: string; readonly publish: string }

/** `host` is the address that the page has as `localhost:5555`. */
function readPage(host: string): Page | undefined {
  if (!existsSync(seedFile)) return undefined
  const text = readFileSync(seedFile, 'utf8')
  const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, kind, body = '']) => ({
    kind,
    body,
  }))
  const script = blocks.find(({ kind }) => kind === 'js')?.body ?? ''
  const shell = blocks.filter(({ kind }) => kind === 'bash').map(({ body }) => body)
  const publish = shell.find((body) => body.includes('--exec')) ?? ''
  return {
    // A stray brace behind the one line that reads the metadata.
    script: script.replace(/(try \{ meta = .*\}\n)\s*\}(?= catch)/, '$1'),
    publish: publish
      .replace(/^\$ /m, '')
      .replace(/\\ #.*$/m, '\\') // A comment behind the backslash ends the line before it goes on.
      .replace(/\$\(cat foo\.js \| base64\)/, "'$(base64 < foo.js | tr -d '\\n')'") // base64 is no JavaScript: it needs quotes, and one line.
      .replace('localhost:5555', host),
  }
}

const usual = (host: string): Page => ({
  script: readFileSync(exampleFile, 'utf8'),
  publish: `nodevms repl ${host} \\\n  --user alice \\\n  --exec "client.publish('foo.js', '1.0.0', '$(base64 < foo.js | tr -d '\\n')')"`,
})

test('the page of the package manager works as it is printed', async () => {
  await using folder = await makeFolder('vm-seed')
  const { path } = folder
  const bin = join(path, 'bin')
  await mkdir(bin)
  await writeFile(
    join(bin, 'nodevms'),
    `#!/bin/sh\nexec "${process.execPath}" "${nodevmsFile}" "$@"\n`,
  )
  await chmod(join(bin, 'nodevms'), 0o755)
  const env = { PATH: [bin, process.env['PATH']].join(delimiter), HOME: path }
  const shell = (command: string): ReturnType<typeof runProgram> =>
    runProgram('/bin/sh', ['-c', command], { cwd: path, env })

  const { script } = readPage('') ?? usual('')
  const flags = ['--dir', join(path, 'packages')]
  await using server = await startVm({ folder: path, script, name: 'package-manager.js', flags })
  const { address } = server
  assert.deepEqual(server.printed, [
    `Serving at ${address}`,
    `Serving directory ${join(path, 'packages')}`,
    '',
    `Files:    http://${address}/-/files/`,
    `Call log: http://${address}/-/log/`,
  ])

  const source = "console.log('Hello, world!')\n"
  await writeFile(join(path, 'foo.js'), source)
  const { publish } = readPage(address) ?? usual(address)
  const published = await shell(publish)
  assert.deepEqual([published.code, published.shown], [0, ''])
  const taken = await shell(publish.replace('--user alice', '--user bob'))
  assert.equal(taken.code, 1)
  assert.match(taken.stderr, /This package name is already taken/)

  // "ls" and "cat" of the page, at today's address.
  const list = await shell(`curl -s http://${address}/-/files/packages/`)
  assert.equal(list.stdout, 'foo.js.1.0.0\n')
  const cat = await shell(`curl -s http://${address}/-/files/packages/foo.js.1.0.0`)
  assert.equal(cat.stdout, source)
  const meta = await fetch(`http://${address}/-/files/meta/foo.js.json`)
  assert.deepEqual(await meta.json(), { owner: 'alice', name: 'foo.js', version: '1.0.0' })
})
