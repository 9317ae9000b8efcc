import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aliases, commandsOfNpm, fullName, otherWays } from '../src/commands/aliases.ts'
import { commands } from '../src/commands/catalogue.ts'

const names = Object.keys(commands)

// what is typed, the command
const rows: readonly (readonly [string, string])[] = [
  ['i', 'install'],
  ['inst', 'install'],
  ['install', 'install'],
  ['rm', 'remove'],
  ['rem', 'remove'],
  ['up', 'update'],
  ['out', 'outdated'],
  ['w', 'why'],
  ['nothing', 'nothing'],
  ['', ''],
]
for (const [typed, wanted] of rows) {
  test(`fullName() gives ${JSON.stringify(wanted)} when ${JSON.stringify(typed)} is typed`, () => {
    assert.equal(fullName(typed, names), wanted)
  })
}

test('fullName() throws usage_wrong and names the commands when several begin like that', () => {
  const message = /^"res" is the beginning of "reserve" and "restart"$/
  assert.throws(() => fullName('res', names), { code: 'usage_wrong', message })
})

test('every alias is another word for a command, and none hides one', () => {
  for (const [alias, name] of Object.entries(aliases)) {
    assert.ok(names.includes(name), name)
    assert.ok(!names.includes(alias), alias)
  }
})

test('what is called otherwise here is no command, no alias, and not left to npm', () => {
  for (const word of Object.keys(otherWays)) {
    assert.ok(
      !names.includes(word) && !Object.hasOwn(aliases, word) && !commandsOfNpm.has(word),
      word,
    )
    assert.equal(fullName(word, names), word, 'it is the beginning of no command')
  }
})
