// The program in the README, run as it stands there.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import createTestnet from 'hyperdht/testnet.js'
import { VM } from 'stele/vm'

test('the program in the README shares a service and clones it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stele-p2p-readme-'))
  const testnet = await createTestnet(3)
  try {
    const vm = new VM(`exports.init = () => System.files.writeFile('/a', 'b')`)
    await vm.deploy({ dir: join(folder, 'guests') })
    await vm.close()
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
    const [, program = ''] = /```js\n([^]*?)```/.exec(readme) ?? []
    const bootstrap = `bootstrap: ${JSON.stringify(testnet.bootstrap)}`
    const inOurNetwork = program
      .replace("'./guests', { ", `'./guests', { ${bootstrap}, `)
      .replace("'./copy')", `'./copy', { ${bootstrap} })`)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(import.meta.dirname, '..'), join(folder, 'node_modules/stele-p2p'))
    writeFileSync(join(folder, 'program.mjs'), inOurNetwork)
    const env = { ...process.env, HOME: folder, XDG_STATE_HOME: '' }
    const options = { cwd: folder, env, timeout: 30_000 }
    const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], options)
    assert.match(stdout, /^\d 1\n$/)
  } finally {
    await testnet.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
})
