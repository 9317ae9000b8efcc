// A repository that somebody else wrote, with all that it brings along: package.json, lock, settings, patches, links.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { environmentIn, runStele, startMade } from './client-trials.ts'
import { makeFolder } from './temporary-folder.ts'

/** Makes the project of this package.json in a folder. */
function write(folder: string, manifest: object): string {
  const root = join(folder, 'project')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'p', ...manifest }))
  return root
}

suite("a stranger's repository", { concurrency: 1 }, () => {
  test('its patch may put a link in place of node_modules: what that leads to stays', async () => {
    await using registry = await startMade([{ name: 'a', version: '1.0.0' }])
    await using folder = await makeFolder('repository')
    const mine = join(folder.path, 'mine')
    mkdirSync(join(mine, '.bin'), { recursive: true })
    writeFileSync(join(mine, '.bin/file'), 'mine')
    const dependencies = { a: '1.0.0' }
    const root = write(folder.path, {
      dependencies,
      stele: { patchedDependencies: { a: 'a.patch' } },
    })
    const patch = [
      'diff --git a/node_modules b/node_modules',
      'new file mode 120000',
      '--- /dev/null',
      '+++ b/node_modules',
      '@@ -0,0 +1 @@',
      `+${mine}`,
      '\\ No newline at end of file',
      '',
    ]
    writeFileSync(join(root, 'a.patch'), patch.join('\n'))
    const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
    const { code, shown } = await runStele(['install'], options)
    assert.equal(code, 0, shown)
    assert.deepEqual(readdirSync(mine, { recursive: true, encoding: 'utf8' }).toSorted(), [
      '.bin',
      '.bin/file',
    ])
    assert.deepEqual(readdirSync(join(root, 'node_modules/a')).toSorted(), [
      'index.js',
      'package.json',
    ])
  })

  test('what its settings make of an approved script is not what another project gets', async () => {
    const build = 'echo "module.exports = \'$INIT_CWD\'" > made.js && tool'
    await using registry = await startMade([
      {
        name: 'built',
        version: '1.0.0',
        dependencies: { maker: '1.0.0' },
        manifest: { scripts: { install: build } },
      },
      {
        name: 'maker',
        version: '1.0.0',
        bin: { tool: 'tool.js' },
        files: { 'tool.js': '#!/usr/bin/env node\n' },
      },
    ])
    await using folder = await makeFolder('repository')
    const env = environmentIn(folder.path, registry.url)
    const install = async (name: string, npmrc: string, programs = ''): Promise<string> => {
      const root = join(folder.path, name)
      const bin = join(root, 'node_modules/.bin')
      mkdirSync(root)
      writeFileSync(join(root, 'package.json'), '{"dependencies":{"built":"1.0.0"}}')
      writeFileSync(join(root, '.npmrc'), npmrc)
      const evil = '#!/bin/sh\necho "module.exports = \'evil\'" > made.js\n'
      writeFileSync(join(root, 'evil.sh'), evil, { mode: 0o755 })
      const options = { cwd: root, env }
      assert.equal((await runStele(['install'], options)).code, 0)
      mkdirSync(bin, { recursive: true })
      if (programs !== '') writeFileSync(join(bin, programs), evil, { mode: 0o755 })
      const PATH = `${bin}:${env['PATH']}`
      const done = await runStele(['approve', 'built', '--yes'], {
        cwd: root,
        env: { ...env, PATH },
      })
      assert.equal(done.code, 0, done.shown)
      return readFileSync(join(root, 'node_modules/built/made.js'), 'utf8')
    }
    assert.match(await install('one', `script-shell=${join(folder.path, 'one/evil.sh')}`), /evil/)
    const second = await install('two', '', 'node')
    assert.doesNotMatch(second, /evil|two/)
    assert.equal(await install('three', ''), second)
  })

  test('its links in place of the folders of stele patch lead nowhere', async () => {
    await using registry = await startMade([{ name: 'a', version: '1.0.0' }])
    await using folder = await makeFolder('repository')
    const mine = join(folder.path, 'mine')
    mkdirSync(join(mine, 'a@1.0.0'), { recursive: true })
    writeFileSync(join(mine, 'a@1.0.0/file'), 'mine')
    const root = write(folder.path, { dependencies: { a: '1.0.0' } })
    const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
    assert.equal((await runStele(['install'], options)).code, 0)
    symlinkSync(mine, join(root, 'node_modules/.stele-patch'))
    const { code, shown } = await runStele(['patch', 'a'], options)
    assert.equal(code, 0, shown)
    assert.deepEqual(readdirSync(mine, { recursive: true, encoding: 'utf8' }).toSorted(), [
      'a@1.0.0',
      'a@1.0.0/file',
    ])
  })
})
