// docs/mirrors.md, its very lines, as a reader would type them: hosts and places that it names stand for some of this machine.
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePort } from './free-port.ts'
import { readBlocks, startInTerminal } from './page-lines.ts'
import { type Finished, runProgram } from './processes.ts'
import { makeUpload, publish, signUp } from './registry-client.ts'
import { makeShell, needRsync, startDaemon } from './rsync-places.ts'
import { moduleDocument } from './sample-package.ts'
import { mainFile, repository } from './server.ts'
import { serveFolder } from './static-files.ts'
import { makeFolder } from './temporary-folder.ts'

const typingTimeoutMs = 120_000

test('docs/mirrors.md works line by line', async () => {
  await needRsync()
  const page = await readFile(join(repository, 'docs/mirrors.md'), 'utf8')
  const [copy = '', push = '', carry = '', check = '', serving = '', calls = ''] = readBlocks(page)
  await using folder = await makeFolder('mirror-page')
  const there = (...path: readonly string[]): string => join(folder.path, ...path)
  for (const path of ['daemon', 'srv', 'mnt/disk']) await mkdir(there(path), { recursive: true })
  await using web = await serveFolder(there('mirror'))
  await using inside = await serveFolder(there('inside'))
  await using daemon = await startDaemon(folder.path, there('daemon'))
  const [port, callsPort, down] = await freePorts(3)
  const registry = `http://localhost:${port}`
  const stands = [
    ['https://registry.example', registry],
    ['https://mirror.example', web.url],
    ['https://registry.inside', inside.url],
    ['https://one.example,https://two.example', `${web.url},http://localhost:${down}`],
    ['rsync://one.example/mirror', `${daemon.url}/mirror`],
    ['/srv/mirror', there('srv/mirror')],
    ['/mnt/disk/mirror', there('mnt/disk/mirror')],
    ['9001', String(callsPort)],
  ] as const
  const here = (lines: string): string =>
    stands.reduce((text, [from, to]) => text.replaceAll(from, to), lines)
  const env = {
    PATH: `${await makePrograms(there('bin'))}:${process.env['PATH']}`,
    HOME: folder.path,
    RSYNC_RSH: await makeShell(folder.path),
    STELE_PORT: String(port),
    STELE_DIR: there('data'),
    npm_config_registry: `${registry}/`,
    npm_config_min_release_age: '0',
  }
  const type = async (lines: string): Promise<Finished> => {
    const shell = ['--norc', '-e', '-c', here(lines)]
    const options = { cwd: folder.path, env, timeoutMs: typingTimeoutMs }
    const finished = await runProgram('bash', shell, options)
    assert.equal(finished.code, 0, finished.shown)
    return finished
  }
  const [serveLine = '', installLine = ''] = serving.split('\n')
  {
    await using _server = await startInTerminal(here(serveLine), { cwd: folder.path, env })
    const alice = await signUp(registry, 'alice')
    for (const version of ['1.0.0', '1.1.0']) {
      const upload = makeUpload({ name: 'left-pad', version })
      assert.equal((await publish(alice, upload)).status, 201)
    }
    await writeFile(there('package.json'), '{"dependencies":{"left-pad":"1.0.0"}}')
    await type('stele install')

    const [, , onlyLock, onlyNamed] = (await type(copy)).stdout.split(/^(?=Mirrored|Nothing new)/m)
    assert.match(onlyLock ?? '', /1 packages with 1 versions/)
    assert.match(onlyNamed ?? '', /1 packages with 2 versions/)
    assert.match((await type(push)).stdout, /(?:.*done.*\n?){3}/)
    for (const place of ['daemon/mirror', 'srv/mirror', 'mnt/disk/mirror'])
      await readFile(there(place, 'npm/-/left-pad/left-pad-v1.1.0.tgz'))
    await type(carry)
    await readFile(there('inside/npm/-/left-pad/left-pad-v1.1.0.tgz'))
    assert.match((await type(check)).stdout, /All of it is as the log proves/)
    await writeFile(there('package.json'), '{"dependencies":{"left-pad":"1.1.0"}}')
    const installed = await type(installLine)
    assert.ok(installed.stdout.includes(`${web.url}/npm/- gave 1`), installed.shown)
  }
  const [serveCalls = '', ...others] = calls.split('\n')
  await using _server = await startInTerminal(here(serveCalls), { cwd: folder.path, env })
  await writeFile(there('module.json'), JSON.stringify(moduleDocument('mirrored', '1.0.0')))
  const { stdout } = await type(others.join('\n'))
  assert.match(stdout, /\{"versions":\["1\.0\.0","1\.1\.0"\]\}/)
})

/** `stele` and `mnpm`, as they are typed. */
async function makePrograms(folder: string): Promise<string> {
  await mkdir(folder)
  for (const [name, file] of [
    ['stele', mainFile],
    ['mnpm', join(repository, 'packages/stele/bin/mnpm.cjs')],
  ] as const) {
    await writeFile(join(folder, name), `#!/bin/sh\nexec '${process.execPath}' '${file}' "$@"\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await findFreePort())
  return ports
}
