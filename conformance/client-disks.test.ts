// Installations on disks where a file cannot have a second name.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import type { Finished } from './processes.ts'
import { repository } from './server.ts'
import { makeProject } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

suite('disks without hard links', { concurrency: 1 }, () => {
  let registry: EvilUpstream
  let folder: Folder
  let count = 0

  before(async () => {
    folder = await makeFolder('client-disks')
    registry = await startEvilUpstream()
    registry.put('deep', [{ version: '1.0.0' }, { version: '2.0.0' }])
    registry.put('left', [{ version: '1.0.0', manifest: { dependencies: { deep: '>=1' } } }])
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  // how the system refuses, the layout, whether it is told: a file with too many names is no matter of the disk
  const rows = [
    ['EPERM', 'project', true],
    ['EXDEV', 'hoisted', true],
    ['ENOTSUP', 'project', true],
    ['EMLINK', 'project', false],
    ['EPERM', 'global', false],
  ] as const
  for (const [code, layout, isTold] of rows) {
    const said = isTold ? 'says once that they are copies' : 'says nothing of it'
    test(`with ${code} the layout "${layout}" copies files, and ${said}`, async () => {
      // A store of its own each time. In the second project "left" has another "deep": a slot of the same files is made.
      const machine = join(folder.path, `machine${count++}`)
      const preload = join(repository, 'conformance', 'disk-without-links.mjs')
      const env = { NODE_OPTIONS: `--import ${preload}`, LINKS_FAIL_WITH: code }
      const install = async (name: string, deep: string): Promise<Finished> => {
        const text = JSON.stringify({ dependencies: { left: '1.0.0', deep } })
        const files = { 'package.json': text }
        const { stele } = await makeProject(join(machine, name), registry.url, files)
        const done = await stele(['install', '--layout', layout], env)
        assert.equal(done.code, 0, done.shown)
        return done
      }
      const first = await install('first', '1.0.0')
      await install('second', '2.0.0')
      const at = join(machine, 'second')
      const installed = join(at, 'node_modules', 'left', 'package.json')
      assert.equal(JSON.parse(readFileSync(installed, 'utf8')).version, '1.0.0')
      if (layout !== 'global') assert.equal(statSync(installed).nlink, 1)
      const notices = first.shown.match(/The files are copies/g) ?? []
      assert.equal(notices.length, isTold ? 1 : 0)
    })
  }
})
