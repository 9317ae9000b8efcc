import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../src/arguments.ts'
import type { Usage } from '../src/commands/command.ts'

const usage: Usage = {
  name: 'serve',
  summary: '',
  arguments: '',
  options: {
    port: { type: 'string', summary: '' },
    tarballs: { type: 'boolean', summary: '' },
    quick: { type: 'boolean', short: 'q', summary: '' },
  },
}

test('parseArguments() takes values, switches and what is no option', () => {
  const typed = ['one', '--port', '80', '--no-tarballs', '-q', '--json', 'two']
  const { positionals, options } = parseArguments(usage, typed)
  assert.deepEqual(positionals, ['one', 'two'])
  assert.deepEqual(options, { port: '80', tarballs: false, quick: true, json: true })
})

// what was typed, what is said of it
const mistakes: readonly (readonly [string[], string])[] = [
  [['--prot', '80'], 'Unknown option --prot; did you mean --port?'],
  [['--prot=80'], 'Unknown option --prot; did you mean --port?'],
  [['--colour'], 'Unknown option --colour'],
  [['-x'], 'Unknown option -x'],
  [['--port'], '--port needs a value: --port=<value>'],
  [['--port', '--json'], '--port needs a value: --port=<value>'],
  [['--port', ''], '--port needs a value: --port=<value>'],
  [['--port='], '--port needs a value: --port=<value>'],
  [['--port', '80', '--json', '--port=81'], '--port is given twice'],
  [['--quick=yes'], '--quick takes no value'],
]
for (const [typed, wanted] of mistakes) {
  test(`parseArguments() says "${wanted}" when ${typed.join(' ')} was typed`, () => {
    assert.throws(() => parseArguments(usage, typed), { code: 'usage_wrong', message: wanted })
  })
}

const passing = { ...usage, passesOn: 'unknown' } as const
// what was typed, what is passed on, the options that were meant
const passed: readonly (readonly [string, string, object])[] = [
  ['build a b', 'build a b', {}],
  ['build --port 80 x', 'build x', { port: '80' }],
  ['build --watch --port=80', 'build --watch', { port: '80' }],
  ['build -qx', 'build -qx', {}],
  ['-q build -- -q --port 80', 'build -q --port 80', { quick: true }],
  ['build -- -- x', 'build -- x', {}],
]
for (const [typed, rest, options] of passed) {
  test(`parseArguments() passes on "${rest}" when "${typed}" was typed`, () => {
    const parsed = parseArguments(passing, typed.split(' '))
    assert.equal(parsed.positionals.join(' '), rest)
    assert.deepEqual(parsed.options, options)
  })
}

const all = { ...usage, passesOn: 'all' } as const
const passedWhole: readonly (readonly [string, string, object])[] = [
  ['-q tool --port 80', 'tool --port 80', { quick: true }],
  ['-q -- --tool -q', '--tool -q', { quick: true }],
  ['tool -- -q', 'tool -- -q', {}],
]
for (const [typed, rest, options] of passedWhole) {
  test(`parseArguments() passes on all of "${rest}" when "${typed}" was typed`, () => {
    const parsed = parseArguments(all, typed.split(' '))
    assert.equal(parsed.positionals.join(' '), rest)
    assert.deepEqual(parsed.options, options)
  })
}

test('parseArguments() refuses unknown options before what is passed on', () => {
  const message = 'Unknown option --prot; did you mean --port?'
  assert.throws(() => parseArguments(passing, ['--prot', 'build']), { message })
  assert.throws(() => parseArguments(all, ['--prot', 'build']), { message })
})
