// Builds the package that is published, installs it in an empty folder as a user would, and runs it there.
import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { killGroup, runProgram, spawnOwn } from './processes.ts'
import { repository } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const env = {
  ...process.env,
  PATH: `${join(repository, 'node_modules', '.bin')}:${process.env['PATH']}`,
}

/** A program of somebody who has types: what is wrong with it must be found. */
const typed = `
import { cloneService } from 'stele/clone'
import { CallLog, RPCServer, VM } from 'stele/vm'

const vm = new VM('exports.add = (a, b) => a + b')
await vm.deploy({ dir: './add', title: 'add' })
const title: string = vm.title
const server = new RPCServer({ debug: true })
server.mount('/add', vm)
const log: CallLog = await CallLog.fetch('localhost:1/add')
// @ts-expect-error A title is a text.
await vm.deploy({ dir: './add', title: 7 })
console.log(title, log, typeof cloneService)
`

test('the built package installs in an empty folder, and serves and verifies a registry there', async () => {
  await using folder = await makeFolder('package')
  const run = async (cwd: string, program: string, ...args: string[]): Promise<string> => {
    const { code, shown, stdout } = await runProgram(program, args, {
      cwd,
      env,
      timeoutMs: 180_000,
    })
    assert.equal(code, 0, `${[program, ...args].join(' ')}\n${shown}`)
    return stdout
  }
  await run(repository, 'node', 'scripts/build.ts')
  await run(folder.path, 'npm', 'pack', join(repository, 'dist'), '--pack-destination', folder.path)
  const tarball = (await readdir(folder.path)).find((name) => name.endsWith('.tgz')) ?? ''
  await writeFile(join(folder.path, 'package.json'), '{"private":true}')
  await run(folder.path, 'npm', 'install', '--no-audit', '--no-fund', join(folder.path, tarball))
  assert.match(await run(folder.path, 'npx', 'stele', '--version'), /^\d+\.\d+\.\d+\n$/)
  assert.match(await run(folder.path, 'npx', 'stele', 'help'), /verify/)

  await writeFile(join(folder.path, 'typed.mts'), typed)
  const nodeTypes = join(repository, 'node_modules', '@types')
  const strict = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,esnext.disposable',
  ]
  await run(folder.path, 'tsc', ...strict, '--typeRoots', nodeTypes, '--types', 'node', 'typed.mts')

  const stele = join(folder.path, 'node_modules', '.bin', 'stele')
  const server = spawnOwn(stele, ['serve', '--port', '0', '--dir', join(folder.path, 'data')], {
    cwd: folder.path,
    env,
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      server.once('exit', () => reject(new Error(`It ended:\n${said}`)))
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const found = /"url":"([^"]+)"/.exec(said)?.[1]
        if (found !== undefined) resolve(found)
      })
    })
    assert.match(await run(folder.path, stele, 'verify', url), /verified/i)
  } finally {
    killGroup(server)
  }
})
