import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { readConfig } from '@stele/fetch'
import { baseEnvironment, scriptEnvironment } from '../src/scripts/environment.ts'

suite('environment', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'stele-environment-'))
    const lines = [
      'script-shell=bash',
      'some-setting=7',
      '//host.test/:_authToken=secret',
      '_auth=secret',
      '@s:registry=http://host.test',
    ]
    writeFileSync(join(folder, '.npmrc'), lines.join('\n'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const base = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
    baseEnvironment({
      env,
      config: readConfig(folder),
      command: 'run',
      root: folder,
      main: new URL('file:///place/src/main.ts'),
    })

  test('baseEnvironment() tells the command, the programs that run it, and what .npmrc sets', () => {
    const env = base({ PATH: '/bin', OWN: '1' })
    assert.equal(env['OWN'], '1')
    assert.equal(env['npm_command'], 'run')
    assert.equal(env['npm_execpath'], '/place/bin/stele.cjs')
    assert.equal(env['INIT_CWD'], process.cwd())
    assert.equal(env['NODE'], env['npm_node_execpath'])
    assert.match(env['npm_config_user_agent'] ?? '', /^stele\/\d\S+ npm\/\? node\/v\d\S+ \w+ \w+$/)
    assert.equal(env['npm_config_script_shell'], 'bash')
    assert.equal(env['npm_config_some_setting'], '7')
    assert.match(env['npm_config_cache'] ?? '', /npm/, 'as npm has it where nobody sets it')
  })

  test('baseEnvironment() tells no credentials, and nothing of a script around it', () => {
    const env = base({ npm_package_name: 'outer', npm_lifecycle_event: 'outer' })
    assert.ok(!Object.values(env).some((value) => value?.includes('secret')))
    assert.ok(!Object.values(env).includes('outer'))
  })

  test('scriptEnvironment() has the programs of every node_modules up the tree, before those of PATH', () => {
    const script = {
      folder: '/a/b',
      manifest: { name: 'b' },
      event: 'build',
      script: 'make',
      binPaths: ['/first'],
    }
    const env = scriptEnvironment(base({ PATH: '/usr/bin:/bin' }), script)
    const paths = (env['PATH'] ?? '').split(':')
    const own = paths.filter((path) => path.endsWith('.bin') || path === '/first')
    assert.deepEqual(own, [
      '/first',
      '/a/b/node_modules/.bin',
      '/a/node_modules/.bin',
      '/node_modules/.bin',
    ])
    assert.deepEqual(paths.slice(-2), ['/usr/bin', '/bin'])
    assert.equal(env['npm_package_json'], '/a/b/package.json')
    assert.equal(env['npm_lifecycle_event'], 'build')
    assert.equal(env['npm_lifecycle_script'], 'make')
    assert.equal(env['npm_package_name'], 'b')
  })
})
