import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { quote, quoteForCmd, shellCommand } from '../src/scripts/shell.ts'

const texts = [
  '',
  'plain',
  'two words',
  "it's",
  '$HOME `id` $(id)',
  'a;b|c&d<e>f',
  '\\ and "',
  '*?[x]{y}~!#',
  'line\nline',
]
test('quote() gives what a shell reads as the text that it was given', () => {
  const line = `printf '%s\\0' ${texts.map(quote).join(' ')}`
  const shown = execFileSync('sh', ['-c', line], { encoding: 'utf8' })
  assert.deepEqual(shown.split('\0').slice(0, -1), texts)
})

// an argument, what cmd.exe is given
const forCmd = [
  ['', '^^^"^^^"'],
  ['plain', 'plain'],
  ['two words', '^^^"two^^^ words^^^"'],
  ['a"b', String.raw`^^^"a\^^^"b^^^"`],
  ['50%&', '50^^^%^^^&'],
] as const
for (const [text, quoted] of forCmd) {
  test(`quoteForCmd() gives ${quoted} for ${JSON.stringify(text)}`, () => {
    assert.equal(quoteForCmd(text), quoted)
  })
}

test('shellCommand() gives cmd.exe its own options, and its line as it is', () => {
  const { args, isVerbatim } = shellCommand('x', ['a b'], { shell: 'C:\\cmd.exe', env: {} })
  assert.deepEqual(args, ['/d', '/s', '/c', 'x ^^^"a^^^ b^^^"'])
  assert.equal(isVerbatim, true)
})

test('shellCommand() starts the shell that was set', () => {
  const { program, args } = shellCommand('x', ['y'], { shell: 'bash', env: {} })
  assert.deepEqual([program, ...args], ['bash', '-c', 'x y'])
})
