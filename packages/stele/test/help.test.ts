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
