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
  [['--port', '80', '--json', '--port=81'], '--port is given twice'],
  [['--quick=yes'], '--quick takes no value'],
]
for (const [typed, wanted] of mistakes) {
  test(`parseArguments() says "${wanted}" when ${typed.join(' ')} was typed`, () => {
    assert.throws(() => parseArguments(usage, typed), { code: 'usage_wrong', message: wanted })
  })
}
