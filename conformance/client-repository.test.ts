// A repository that somebody else wrote, with all that it brings along: package.json, lock, settings, patches, links.
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

  test('its lock may not bring along what the packages in it do not ask for', async () => {
    await using registry = await startMade([
      { name: 'a', version: '1.0.0', dependencies: { b: '^1.0.0' } },
      { name: 'b', version: '1.0.0' },
      { name: 'evil', version: '1.0.0' },
    ])
    await using folder = await makeFolder('repository')
    const root = write(folder.path, { dependencies: { a: '^1.0.0', evil: '1.0.0' } })
    const author = { cwd: root, env: environmentIn(join(folder.path, 'author'), registry.url) }
    assert.equal((await runStele(['install'], author)).code, 0)
    rmSync(join(root, 'node_modules'), { recursive: true })
    const lock = readFileSync(join(root, 'stele.lock'), 'utf8')
    const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
    const both = ['ci', 'install']
    // Where package.jsons would not lead to all of its lines, "stele install" resolves anew.
    const rows = [
      [both, lock.replace('{"b":"1.0.0"}', '{"b":"evil@1.0.0"}'), /does not want "evil@1\.0\.0"/],
      [
        ['ci'],
        lock.replace('{"b":"1.0.0"}', '{"b":"link:../x"}'),
        /only your own package\.json may/,
      ],
      [['ci'], lock.replace('"^1.0.0","1.0.0"', '"^1.0.0","evil@1.0.0"'), /is not the "\^1\.0\.0"/],
      [
        both,
        lock.replace(
          '"a@1.0.0":{',
          `"a@1.0.0":{"tarball":"${registry.url}/evil/-/evil-1.0.0.tgz",`,
        ),
        /the registry has its tarball elsewhere/,
      ],
    ] as const
    for (const [commands, text, said] of rows) {
      assert.notEqual(text, lock)
      for (const command of commands) {
        writeFileSync(join(root, 'stele.lock'), text)
        const { code, stderr } = await runStele([command], options)
        assert.equal(code, 1, `${command} ${said}: ${stderr}`)
        assert.match(stderr, said)
        assert.ok(!existsSync(join(root, 'node_modules')))
      }
    }
    writeFileSync(join(root, 'stele.lock'), lock)
    const { code, shown } = await runStele(['ci'], options)
    assert.equal(code, 0, shown)
  })
})
