import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commands } from '../src/commands/catalogue.ts'
import { createHelp } from '../src/commands/help.ts'

const help = createHelp(commands)

import { quietInput } from './command-input.ts'

for (const [command, action] of [
  ['rules', 'show'],
  ['rules', 'sign'],
  ['user', 'list'],
  ['admin', 'rebuild'],
  ['admin', 'publish'],
] as const) {
  test(`help shows all of "${command}" when it is asked for "${command} ${action}"`, async () => {
    const report = await help.run({ ...quietInput, positionals: [command, action] })
    assert.match(help.view(report), new RegExp(`^Usage: stele ${command} `, 'm'))
  })
}

for (const positionals of [
  ['rules', 'nothing'],
  ['serve', 'extra'],
  ['rules', 'show', 'extra'],
]) {
  test(`help throws usage_wrong when it is asked for "${positionals.join(' ')}"`, async () => {
    const { code, message } = {
      code: 'usage_wrong',
      message: /^Too many arguments: (nothing|extra)$/,
    }
    await assert.rejects(async () => help.run({ ...quietInput, positionals }), { code, message })
  })
}

test('help lists the commands of a group when it is asked for the group', async () => {
  const report = await help.run({ ...quietInput, positionals: ['vm'] })
  assert.match(help.view(report), /^Usage: stele vm <command>/m)
  assert.ok('commands' in report)
  assert.ok(Object.keys(report.commands).every((name) => name.startsWith('vm ')))
})

for (const positionals of [['vm', 'exec'], ['vm exec']]) {
  test(`help shows "vm exec" when it is asked for ${JSON.stringify(positionals)}`, async () => {
    const report = await help.run({ ...quietInput, positionals })
    assert.match(help.view(report), /^Usage: stele vm exec <script\.js>$/m)
  })
}

test('help throws usage_wrong for a command that the group does not have', async () => {
  const wrong = { code: 'usage_wrong', message: 'There is no command "vm nope"' }
  await assert.rejects(async () => help.run({ ...quietInput, positionals: ['vm', 'nope'] }), wrong)
})

test('help shows every command under a heading', async () => {
  const text = help.view(await help.run({ ...quietInput, positionals: [] }))
  for (const name of Object.keys(commands)) assert.match(text, new RegExp(`^  ${name} +[A-Z]`, 'm'))
  assert.doesNotMatch(text, /^Others$/m)
})
