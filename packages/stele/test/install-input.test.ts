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

const omitted: readonly (readonly [options: Input['options'], dev: boolean, optional: boolean])[] =
  [
    [{}, false, false],
    [{ omit: '' }, false, false],
    [{ omit: 'dev' }, true, false],
    [{ omit: 'optional' }, false, true],
    [{ omit: 'dev,optional' }, true, true],
    [{ production: true }, true, false],
  ]
for (const [options, dev, optional] of omitted) {
  test(`readInstallOptions() omits ${JSON.stringify({ dev, optional })} when asked with ${JSON.stringify(options)}`, async () => {
    assert.deepEqual(JSON.parse((await read(options)).text), { dev, optional })
  })
}

const wrong: readonly (readonly [options: Input['options'], reason: string])[] = [
  [{ omit: 'devv' }, '--omit "devv": must be dev or optional'],
  [{ omit: 'dev,peer' }, '--omit "peer": must be dev or optional'],
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
