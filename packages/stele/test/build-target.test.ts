import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { readConfig } from '@stele/fetch'
import { buildTarget, systemEnvironment } from '../src/scripts/build-target.ts'

/** With this Node, which need not be asked what it is. */
const usual = { PATH: dirname(process.execPath), HOME: '/home/somebody' }
const plain = { tarball: '' }
const ofGit = { tarball: `github:a/b#${'0'.repeat(40)}` }

/** What a build depends on in a project with this .npmrc. */
function targetOf(npmrc: string, env: NodeJS.ProcessEnv = {}, dist = plain): string {
  const root = mkdtempSync(join(tmpdir(), 'stele-target-'))
  try {
    writeFileSync(join(root, '.npmrc'), npmrc)
    const config = readConfig(root)
    const release = { name: 'a', version: '1.0.0', dist }
    return buildTarget({ env: { ...usual, ...env }, libc: 'glibc', config, root })(release)
  } finally {
    rmSync(root, { recursive: true })
  }
}

type Row = readonly [
  what: string,
  npmrc: string,
  env: NodeJS.ProcessEnv,
  isOther: boolean,
  dist?: typeof plain,
]
const rows: readonly Row[] = [
  ['nothing', '', {}, false],
  ["the shell that a project's .npmrc names", 'script-shell=./evil.sh', {}, true],
  ['a program that it names', 'python=./evil.py', {}, true],
  ['a mirror that it names', 'some-binary-host=http://evil.test', {}, true],
  ['its registry', 'registry=http://evil.test', {}, true],
  ['what it says of saving and of funds', 'save-exact=true\nfund=false', {}, false],
  ['a token', '//host.test/:_authToken=x', {}, false],
  ['the registry of a scope', '@s:registry=http://evil.test', {}, false],
  ['the registry of a scope, of a repository', '@s:registry=http://evil.test', {}, true, ofGit],
  ['a compiler', '', { CC: 'clang' }, true],
  ['its flags', '', { CXXFLAGS: '-O0' }, true],
  ['what Node loads', '', { NODE_OPTIONS: '--require ./evil.cjs' }, true],
  ['what is not to be downloaded', '', { TOOL_SKIP_DOWNLOAD: '1' }, true],
  ['a setting of npm', '', { npm_config_build_from_source: 'true' }, true],
  ['the terminal', '', { TERM: 'dumb', PWD: '/elsewhere', INIT_CWD: '/elsewhere' }, false],
  ['the order of variables', '', { HOME: usual.HOME, PATH: usual.PATH }, false],
]
suite('buildTarget()', () => {
  for (const [what, npmrc, env, isOther, dist] of rows) {
    test(`is ${isOther ? 'another' : 'the same'} where ${what} is different`, () => {
      assert.equal(targetOf(npmrc, env, dist) !== targetOf('', {}, dist), isOther)
    })
  }
})

test('systemEnvironment() leaves out programs of packages, and what depends on where one stands', () => {
  const folders = [
    '/srv/node_modules/.bin',
    '/usr/bin',
    '',
    '.',
    'bin',
    '/x/node_modules/.bin/',
    '/bin',
  ]
  assert.equal(systemEnvironment({ PATH: folders.join(':') })['PATH'], '/usr/bin:/bin')
})
