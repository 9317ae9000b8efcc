// Builds stele-p2p as it is published, installs it beside stele in an empty folder, and runs it there.
import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './processes.ts'
import { repository } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const env = {
  ...process.env,
  PATH: `${join(repository, 'node_modules', '.bin')}:${process.env['PATH']}`,
}

test('the built stele-p2p installs in an empty folder without install scripts, and runs there', async () => {
  await using folder = await makeFolder('p2p-package')
  const run = async (cwd: string, program: string, ...args: string[]): Promise<string> => {
    const options = { cwd, env, timeoutMs: 180_000 }
    const { code, shown } = await runProgram(program, args, options)
    assert.equal(code, 0, `${[program, ...args].join(' ')}\n${shown}`)
    return shown
  }
  await run(repository, 'node', 'scripts/build.ts')
  await run(repository, 'node', 'scripts/build-p2p.ts')
  const packed = join(folder.path, 'packed')
  await mkdir(packed)
  for (const dist of ['dist', 'p2p/dist']) {
    await run(folder.path, 'npm', 'pack', join(repository, dist), '--pack-destination', packed)
  }
  const files = (await readdir(packed)).map((name) => join(packed, name))
  await writeFile(join(folder.path, 'package.json'), '{"private":true,"type":"module"}')
  await run(folder.path, 'npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...files)
  assert.match(await run(folder.path, 'npx', 'stele-p2p', '--version'), /^\d+\.\d+\.\d+$/m)
  const own = `import { clone, share } from 'stele-p2p'
    const [error] = await Promise.all([share('./nothing').catch((error) => error)])
    console.log(typeof clone, error.code)`
  await writeFile(join(folder.path, 'own.js'), own)
  assert.match(await run(folder.path, 'node', 'own.js'), /^function usage_wrong$/m)
})
