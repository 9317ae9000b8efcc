import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../src/arguments.ts'
import { installCommand } from '../src/commands/install.ts'
import { leadingFlags } from '../src/commands/leading-flags.ts'
import { setTyped } from '../src/commands/npm-options.ts'
import { runCommand } from '../src/commands/run.ts'

// what was typed; the flags, and the rest
const leading: readonly (readonly [string, string, string])[] = [
  ['install -D a', '', 'install -D a'],
  ['--no-audit install', '--no-audit', 'install'],
  ['--registry http://r install a', '--registry http://r', 'install a'],
  ['--registry=http://r install', '--registry=http://r', 'install'],
  ['--prefix app run build', '--prefix app', 'run build'],
  ['-C app -s run build --prefix x', '-C app -s', 'run build --prefix x'],
  ['-w a -r test', '-w a -r', 'test'],
  ['--filter a... ls', '--filter a...', 'ls'],
  ['--unknown install', '--unknown', 'install'],
]
for (const [typed, flags, words] of leading) {
  test(`leadingFlags() takes "${flags}" off "${typed}"`, () => {
    const found = leadingFlags(typed.split(' '))
    assert.deepEqual([found.flags.join(' '), found.words.join(' ')], [flags, words])
  })
}

// what scripts of npm's users have behind "install"
const accepted =
  '--no-audit --no-fund --prefer-offline --no-save --save-exact --legacy-peer-deps --ignore-scripts --no-progress --loglevel error --registry http://r --cache c -C x --omit dev --include optional --no-optional --engine-strict --strict-peer-deps --install-strategy hoisted --package-lock-only'
test(`parseArguments() knows all of "${accepted}" for "install"`, () => {
  const { positionals, options } = parseArguments(installCommand.usage, accepted.split(' '))
  assert.deepEqual(positionals, [])
  assert.equal(options['prefix'], 'x')
  assert.equal(options['save'], false)
})

test("parseArguments() leaves npm's flags behind the name of a script to the script, but --prefix", () => {
  const typed = 'build --verbose --registry http://r --prefix app'.split(' ')
  const { positionals, options } = parseArguments(runCommand.usage, typed)
  assert.deepEqual(positionals, ['build', '--verbose', '--registry', 'http://r'])
  assert.deepEqual(options, { prefix: 'app' })
})

// what was typed, the environment before, and afterwards
const settings: readonly (readonly [string, object, object])[] = [
  ['--registry http://r', {}, { npm_config_registry: 'http://r' }],
  ['--registry http://r', { NPM_CONFIG_REGISTRY: 'x' }, { npm_config_registry: 'http://r' }],
  ['--registry http://r', { npm_config_registry: 'x' }, { npm_config_registry: 'http://r' }],
  ['--no-strict-ssl', {}, { npm_config_strict_ssl: 'false' }],
  ['--fetch-timeout 5', {}, { npm_config_fetch_timeout: '5' }],
  ['--no-audit --cache c', { A: '1' }, { A: '1' }],
  ['--save-exact', {}, {}],
]
for (const [typed, before, afterwards] of settings) {
  test(`setTyped() makes ${JSON.stringify(afterwards)} of ${JSON.stringify(before)} for "${typed}"`, () => {
    const env = { ...before }
    const { usage } = installCommand
    setTyped(usage, parseArguments(usage, typed.split(' ')).options, env)
    assert.deepEqual(env, afterwards)
  })
}
