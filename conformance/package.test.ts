// Builds the package that is published, installs it in an empty folder as a user would, and runs it there.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { environmentIn, startMade } from './client-trials.ts'
import { findFreePort } from './free-port.ts'
import { killGroup, runProgram, spawnOwn } from './processes.ts'
import { repository } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const env = {
  ...process.env,
  PATH: `${join(repository, 'node_modules', '.bin')}:${process.env['PATH']}`,
}

/** A program of somebody who has types: what is wrong with it must be found. */
const typed = `
import { cloneService, parseCheckpoint } from 'stele/clone'
import { formatClone } from 'stele/clone/cli'
import { CallLog, FilesArchive, isSteleError, RPCClient, RPCServer, VM } from 'stele/vm'

const vm = new VM('exports.add = (a, b) => a + b')
await vm.deploy({ dir: './add', title: 'add' })
const title: string = vm.title
const server = new RPCServer({ debug: true })
server.mount('/add', vm)
const log: CallLog = await CallLog.fetch('localhost:1/add')
const client = new RPCClient<{ add: (a: number, b: number) => Promise<number> }>()
await client.connect('localhost:1/add')
const sum: number = await client.add(1, 2)
const any = await client.call('add', 1, 2)
// @ts-expect-error There is no such method.
await client.subtract(1, 2)
const files = await FilesArchive.fetch('localhost:1/add')
const text: string = await files.readFile('/a')
const bytes: Uint8Array = await files.readFile('/a', 'binary')
// @ts-expect-error Nobody knows what JSON is.
const json: string = await files.readFile('/a', 'json')
// @ts-expect-error A log is opened by a service, or fetched.
new CallLog()
// @ts-expect-error A title is a text.
await vm.deploy({ dir: './add', title: 7 })
console.log(title, log, sum, any, text, bytes, json, isSteleError(any))
console.log(typeof cloneService, typeof parseCheckpoint, typeof formatClone)
`

/** The program of docs/vm.md, on a port that is free. */
async function readDocumented(): Promise<string> {
  const page = await readFile(join(repository, 'docs', 'vm.md'), 'utf8')
  const [, program] = /```js\n(import [^\n]*'stele\/vm'\n[^`]*)```/.exec(page) ?? []
  assert.ok(program !== undefined && program.includes('await client.next()'))
  return program.replaceAll('5555', `${await findFreePort()}`)
}

/** A day with the client: each command is a bundle of its own. */
async function useClient(project: string, stele: string): Promise<void> {
  await using made = await startMade([
    { name: 'below', version: '1.0.0' },
    { name: 'tool', version: '1.0.0', bin: { tool: 'tool.js' }, files: { 'tool.js': '' } },
    {
      name: 'tool',
      version: '1.1.0',
      dependencies: { below: '^1.0.0' },
      bin: { tool: 'tool.js' },
      files: {
        'tool.js': "#!/usr/bin/env node\nconsole.log('used', require('below/package').name)",
      },
    },
  ])
  await mkdir(project)
  const own = { ...env, ...environmentIn(project, made.url), PATH: env.PATH }
  const rows: readonly (readonly [command: string, shown: RegExp])[] = [
    ['init --yes', /package\.json/],
    ['add tool@1.0.0', /tool 1\.0\.0/],
    ['outdated', /1\.1\.0/],
    ['add tool@^1.1.0', /1\.1\.0/],
    ['install', /nothing to do/],
    ['ls --all', /below/],
    ['why below', /tool/],
    ['exec -- tool', /used below/],
    ['ci', /2 packages/],
    ['dedupe', /2 packages/],
    ['install --layout hoisted', /2 packages/],
    ['again --layout hoisted', /2 packages: 2 added/],
    ['store verify', /./],
    ['doctor', /./],
    ['config list', /registry/],
    ['completion bash', /stele/],
    ['help layouts', /hoisted/],
    ['remove tool', /tool/],
    ['prune', /./],
  ]
  const listed = (): Promise<readonly string[]> =>
    readdir(join(project, 'node_modules'), { recursive: true })
  for (const [command, shown] of rows) {
    const isAgain = command.startsWith('again')
    const before = isAgain ? await listed() : []
    if (isAgain) await rm(join(project, 'node_modules'), { recursive: true })
    const typed = command.replace('again', 'install').split(' ')
    const finished = await runProgram(stele, typed, { cwd: project, env: own })
    if (isAgain) assert.deepEqual((await listed()).toSorted(), before.toSorted())
    assert.match(finished.shown, shown, command)
    const isFound = command === 'outdated' || command === 'doctor'
    assert.ok(
      finished.code === 0 || (isFound && finished.code === 1),
      `${command}\n${finished.shown}`,
    )
  }
}

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
  await writeFile(join(folder.path, 'documented.mts'), await readDocumented())
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
  const programs = ['typed.mts', 'documented.mts']
  await run(folder.path, 'tsc', ...strict, '--typeRoots', nodeTypes, '--types', 'node', ...programs)
  await run(folder.path, 'node', 'documented.mts')

  const stele = join(folder.path, 'node_modules', '.bin', 'stele')
  await useClient(join(folder.path, 'project'), stele)
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
