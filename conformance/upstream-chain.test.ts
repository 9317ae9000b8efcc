// Registries that ask registries: in a row, in a circle, themselves, and the one that npm is configured with.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startEvilUpstream } from './evil-upstream.ts'
import { findFreePort } from './free-port.ts'
import { runProgram } from './processes.ts'
import { readPackument } from './registry-client.ts'
import { assertVerifies, mainFile, startServer } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

test('a registry in front of a registry in front of an upstream serves what that has, and both verify', async () => {
  await using upstream = await startEvilUpstream()
  upstream.put('a', [{ version: '1.0.0' }])
  await using company = await startServer({ flags: ['--upstream', upstream.url] })
  await using team = await startServer({ flags: ['--upstream', company.url] })
  const [ofTeam, ofCompany] = [
    await readPackument(team.url, 'a'),
    await readPackument(company.url, 'a'),
  ].map((one) => one?.versions['1.0.0']?.dist.integrity)
  assert.ok(ofTeam !== undefined && ofTeam === ofCompany)
  assert.equal((await fetch(`${team.url}/a/-/a-1.0.0.tgz`)).status, 200)
  for (const server of [team, company]) await assertVerifies(server.url)
})

test('two registries that ask each other refuse what neither has at once, and say why', async () => {
  const [here, there] = [await findFreePort(), await findFreePort()]
  await using one = await startServer({
    port: here,
    flags: ['--upstream', `http://127.0.0.1:${there}`],
  })
  await using _two = await startServer({
    port: there,
    flags: ['--upstream', `http://127.0.0.1:${here}`],
  })
  for (const path of ['/nowhere', '/nowhere/-/nowhere-1.0.0.tgz']) {
    const response = await fetch(one.url + path)
    const { error, code } = Object(await response.json())
    assert.deepEqual([response.status, code], [508, 'upstream_loop'])
    assert.match(error, /asking the upstream "npm" leads back to the registry that asks/)
  }
})

test('a registry takes the upstream that npm is configured with, and refuses itself', async () => {
  await using upstream = await startEvilUpstream()
  await using folder = await makeFolder('npmrc')
  const npmrc = join(folder.path, '.npmrc')
  upstream.put('a', [{ version: '1.0.0' }])
  await writeFile(npmrc, `registry=${upstream.url}/\n`)
  {
    await using server = await startServer({ dir: folder.path, flags: ['--upstream', 'npm'] })
    assert.ok((await readPackument(server.url, 'a')) !== undefined)
  }
  const port = String(await findFreePort())
  const refused = async (value: string): Promise<string> => {
    const flags = ['--dir', folder.path, '--port', port, '--upstream', value]
    const env = { PATH: process.env['PATH'], HOME: folder.path }
    const options = { cwd: folder.path, env }
    const { code, shown } = await runProgram(
      process.execPath,
      [mainFile, 'serve', ...flags],
      options,
    )
    assert.equal(code, 2, shown)
    return shown
  }
  await writeFile(npmrc, `registry=http://localhost:${port}/\n`)
  assert.match(await refused('npm'), /npm on this machine is configured with this registry itself/)
  const words = /must be the address of another registry: this one is there itself/
  for (const host of ['localhost', '127.0.0.1']) {
    assert.match(await refused(`http://${host}:${port}`), words)
  }
})
