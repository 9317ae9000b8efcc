import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OmitAsked, omitted } from '../src/client/layout/omitted.ts'

type Row = readonly [
  flags: OmitAsked,
  settings: { readonly [name: string]: string },
  nodeEnv: string,
  left: readonly string[],
]
const rows: readonly Row[] = [
  [{}, {}, '', []],
  [{}, {}, 'production', ['dev']],
  [{}, {}, 'development', []],
  [{ omit: ['optional'] }, {}, 'production', ['optional']],
  [{ include: ['dev'] }, {}, 'production', []],
  [{ isProduction: false }, {}, 'production', []],
  [{ isProduction: true }, {}, '', ['dev']],
  [{ omit: ['dev', 'optional'] }, {}, '', ['dev', 'optional']],
  [{ omit: ['dev', 'optional'], include: ['optional'] }, {}, '', ['dev']],
  [{ isOptional: false }, {}, '', ['optional']],
  [{}, { omit: 'dev' }, '', ['dev']],
  [{}, { omit: 'dev,peer' }, '', ['dev']],
  [{}, { omit: '' }, 'production', []],
  [{ omit: ['optional'] }, { omit: 'dev' }, '', ['optional']],
  [{ include: ['dev'] }, { omit: 'dev' }, '', []],
  [{}, { include: 'dev' }, 'production', []],
  [{}, { production: 'true' }, '', ['dev']],
  [{}, { production: 'false' }, 'production', []],
  [{}, { only: 'production' }, '', ['dev']],
  [{}, { optional: 'false' }, '', ['optional']],
  [{ isOptional: true }, { optional: 'false' }, '', []],
]
for (const [flags, settings, nodeEnv, left] of rows) {
  const said = `flags ${JSON.stringify(flags)}, settings ${JSON.stringify(settings)}, NODE_ENV "${nodeEnv}"`
  test(`omitted() leaves out [${left.join()}] with ${said}`, () => {
    const place = { setting: (name: string) => settings[name], env: { NODE_ENV: nodeEnv } }
    assert.deepEqual([...omitted(flags, place)], left)
  })
}
