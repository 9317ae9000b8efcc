import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { settingsFiles } from '../src/settings-files.ts'

suite('settingsFiles()', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'settings-files-')))
  after(() => rmSync(folder, { recursive: true }))
  const at = (...parts: readonly string[]): string => join(folder, ...parts)
  const write = (path: string, text: string): void => {
    mkdirSync(join(at(path), '..'), { recursive: true })
    writeFileSync(at(path), text)
  }
  write('usr/bin/node', '')
  chmodSync(at('usr/bin/node'), 0o755)
  write('project/node_modules/.bin/node', '')
  chmodSync(at('project/node_modules/.bin/node'), 0o755)
  write('quiet/.npmrc', 'registry=https://a.test/\n')
  write('named/.npmrc', `prefix = ${folder}/\${WHERE}\n`)
  write('told/.npmrc', 'prefix=~/own\nglobalconfig=~/my-npmrc\n')
  const node = { PATH: `${at('none')}:${at('usr/bin')}`, HOME: at('quiet') }
  // what the environment says, and where the settings of the machine are then
  const rows: readonly (readonly [what: string, env: NodeJS.ProcessEnv, global: string])[] = [
    ['the Node of PATH', node, 'usr/etc/npmrc'],
    [
      'the Node of PATH, and not one that a project brings',
      { ...node, PATH: `${at('project/node_modules/.bin')}:${node.PATH}` },
      'usr/etc/npmrc',
    ],
    ['prefix in the environment', { ...node, npm_config_prefix: at('p') }, 'p/etc/npmrc'],
    ['prefix in capitals', { ...node, NPM_CONFIG_PREFIX: at('p') }, 'p/etc/npmrc'],
    ['PREFIX', { ...node, PREFIX: at('q') }, 'q/etc/npmrc'],
    ["prefix of the user's .npmrc", { ...node, HOME: at('named'), WHERE: 'w' }, 'w/etc/npmrc'],
    ['globalconfig in the environment', { ...node, npm_config_globalconfig: at('g') }, 'g'],
    ["globalconfig of the user's .npmrc", { ...node, HOME: at('told') }, 'told/my-npmrc'],
    [
      'userconfig elsewhere',
      { ...node, npm_config_userconfig: at('told/.npmrc'), HOME: at('x') },
      'x/my-npmrc',
    ],
  ]
  for (const [what, env, global] of rows) {
    test(`settingsFiles() finds those of the machine by ${what}`, () => {
      assert.equal(settingsFiles(at('project'), env).global, at(global))
    })
  }

  test('readConfig() lets the project win over the user, and the user over the machine', () => {
    write('machine/etc/npmrc', 'one=machine\ntwo=machine\nthree=machine\n')
    write('user/.npmrc', `prefix=${at('machine')}\none=user\ntwo=user\n`)
    write('project/.npmrc', 'one=project\n')
    write('project/etc/npmrc', 'three=stranger\nfour=stranger\n') // No settings of anybody.
    const before = process.env
    const others = Object.entries(before).filter(
      ([name]) => !/^(npm_config_.*|prefix)$/i.test(name),
    )
    process.env = { ...Object.fromEntries(others), npm_config_userconfig: at('user/.npmrc') }
    try {
      const { setting } = readConfig(at('project'))
      assert.deepEqual(['one', 'two', 'three', 'four'].map(setting), [
        'project',
        'user',
        'machine',
        undefined,
      ])
    } finally {
      process.env = before
    }
  })
})
