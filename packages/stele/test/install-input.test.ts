import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { type Input, runnable } from '../src/commands/command.ts'
import { readInstallOptions } from '../src/commands/install-input.ts'
import { quietInput } from './command-input.ts'

const usage = { name: 'add', summary: '', arguments: '', options: {} }
const read = (options: Input['options']) => {
  const run = async (input: Input) => readInstallOptions(input).omit
  const { execute } = runnable({ usage, run, view: (omit) => JSON.stringify(omit) })
  return execute({ ...quietInput, positionals: [], options })
}

const omitted: readonly (readonly [options: Input['options'], asked: object])[] = [
  [{}, {}],
  [{ omit: 'dev' }, { omit: ['dev'] }],
  [{ omit: 'dev,optional' }, { omit: ['dev', 'optional'] }],
  [{ include: 'dev' }, { include: ['dev'] }],
  [{ production: true }, { isProduction: true }],
  [{ production: false }, { isProduction: false }],
  [{ only: 'prod' }, { isProduction: true }],
  [{ optional: false }, { isOptional: false }],
  [{ 'save-optional': false }, { isOptional: false }],
  [{ 'save-optional': true }, {}],
]
for (const [options, asked] of omitted) {
  test(`readInstallOptions() asks for ${JSON.stringify(asked)} when ${JSON.stringify(options)} was typed`, async () => {
    assert.deepEqual(JSON.parse((await read(options)).text), asked)
  })
}

const wrong: readonly (readonly [options: Input['options'], reason: string])[] = [
  [{ omit: 'devv' }, '--omit "devv": must be dev or optional'],
  [{ omit: 'dev,peer' }, '--omit "peer": must be dev or optional'],
  [{ include: 'all' }, '--include "all": must be dev or optional'],
  [{ only: 'dev' }, '--only "dev": must be production'],
  [{ reporter: 'x' }, '--reporter "x": must be one of default, append-only, ndjson, silent'],
  [{ layout: 'x' }, '--layout "x": must be auto, global, project or hoisted'],
]
for (const [options, reason] of wrong) {
  test(`readInstallOptions() refuses ${JSON.stringify(options)}, and names the command that was typed`, async () => {
    await assert.rejects(read(options), (error) => {
      assert.ok(isSteleError(error, 'usage_wrong'))
      assert.deepEqual(error.details, { reason, command: 'add' })
      return true
    })
  })
}
