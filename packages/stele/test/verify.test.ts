import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { isSteleError, SteleError } from '@stele/errors'
import { verify } from '../src/commands/verify.ts'
import { parseRegistryUrl, parseSource } from '../src/sources/registry-source.ts'
import { readOptions, refusedSince } from '../src/verify/read-options.ts'
import { quietInput } from './command-input.ts'

const good: readonly (readonly [text: string, url: string])[] = [
  ['registry.example', 'https://registry.example'],
  ['registry.example:8443/team-a/', 'https://registry.example:8443/team-a'],
  ['localhost:4873', 'http://localhost:4873'],
  ['127.0.0.1:4873/', 'http://127.0.0.1:4873'],
  ['[::1]:4873', 'http://[::1]:4873'],
  ['http://registry.example', 'http://registry.example'],
  ['https://localhost:4873', 'https://localhost:4873'],
  ['http://registry.example/npm/-/log/', 'http://registry.example/npm'],
]
const bad = ['', 'ftp://registry.example', 'https://a:b@registry.example', 'x?y', 'x#y', 'http://']

suite('parseRegistryUrl()', () => {
  for (const [text, url] of good) {
    test(`parseRegistryUrl() gives ${url} when "${text}" is typed`, () => {
      assert.equal(parseRegistryUrl(text, 'verify'), url)
    })
  }
  for (const text of bad) {
    test(`parseRegistryUrl() throws usage_wrong when "${text}" is typed`, () => {
      assert.throws(
        () => parseRegistryUrl(text, 'verify'),
        (error) => isSteleError(error, 'usage_wrong'),
      )
    })
  }
})

const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const sha512 = 'ab'.repeat(64)
const goodFlags: readonly (readonly [flag: string, text: string])[] = [
  ['key', vkey],
  ['key', ` ${vkey}\n`],
  ['key', 'ab'.repeat(32)],
  ['key', `SHA-256 ${'AB'.repeat(32)}`],
  ['rules', `${sha512},${sha512.toUpperCase()}`],
  ['engine', sha512],
  ['since', '7'],
  ['call-timeout', '60'],
  ['public-url', 'https://registry.example'],
  ['out', 'report.json'],
  ['out', 'packages/report.json'],
]
const badFlags: readonly (readonly [flag: string, text: string, said: RegExp])[] = [
  ['key', '', /^--key "": must be the log's key, a line like ".*", or its fingerprint, 64 hex/],
  ['key', 'x', /the first one of data\/public\/-\/log\/key, and "stele verify" prints the fing/],
  ['key', vkey.replace('530d903a', '530d903b'), /^--key "example\.com/],
  ['key', 'ab'.repeat(31), /^--key "abab/],
  ['rules', 'all', /^--rules "all": must be a hex SHA-512/],
  ['rules', `${sha512},`, /^--rules "": must be/],
  ['engine', 'ab', /^--engine "ab": must be/],
  ['since', 'yesterday', /^--since "yesterday": must be a number of entries, or a file/],
  ['since', '-1', /^--since "-1"/],
  ['since', '.', /^--since "\.": must be/],
  ['since', 'package.json', /^--since "package\.json": the file does not hold a signed checkpoint/],
  ['call-timeout', '0', /^--call-timeout "0": must be a number of seconds from 1/],
  ['call-timeout', '1e3', /^--call-timeout "1e3"/],
  ['public-url', 'ftp://x', /^--public-url "ftp:\/\/x" is not the address/],
  ['public-url', 'https://x/?y', /^--public-url "https:\/\/x\/\?y": the address has no/],
  ['out', '', /^--out "": must be the name of a file/],
  ['out', '.', /^--out "\.": must be the name of a file/],
  [
    'out',
    'a/new/folder/x.json',
    /^--out "a\/new\/folder\/x\.json": there is no folder "a\/new\/folder"; make it first/,
  ],
  ['out', 'package.json/x', /^--out "package\.json\/x": cannot be written/],
]

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isSteleError(error, 'usage_wrong')) return error.message
    throw error
  }
  return ''
}

suite('readOptions()', () => {
  for (const [flag, text] of goodFlags) {
    test(`readOptions() takes --${flag} "${text.slice(0, 40)}"`, () => {
      assert.equal(
        refusal(() => readOptions(['localhost'], { [flag]: text })),
        '',
      )
    })
  }
  for (const [flag, text, said] of badFlags) {
    test(`readOptions() throws usage_wrong when --${flag} is "${text.slice(0, 40)}"`, () => {
      const found = refusal(() => readOptions(['localhost'], { [flag]: text }))
      assert.match(found, said)
    })
  }

  test('refusedSince() blames --since for a checkpoint of another log, and nothing else', () => {
    const error = new SteleError('checkpoint_invalid', { reason: 'no key of the log signs it' })
    const refused = refusedSince(error, 'my.note')
    assert.equal(refused?.code, 'usage_wrong')
    assert.match(refused.message, /^--since "my\.note": is not a checkpoint of this log: no key/)
    assert.equal(refusedSince(error, undefined), undefined)
    assert.equal(refusedSince(new Error('x'), 'my.note'), undefined)
  })
})

suite('parseSource()', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stele-source-'))
    mkdirSync(join(folder, 'data/public/-/log'), { recursive: true })
    writeFileSync(join(folder, 'data/public/-/log/key'), '')
    mkdirSync(join(folder, 'empty'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('parseSource() takes a folder that holds a log, however it is written', () => {
    const path = join(folder, 'data/public')
    for (const text of [path, `${path}/`, `${path}/-/log`, `file://${path}`, relative('', path)]) {
      assert.deepEqual(parseSource(text, 'verify'), { kind: 'folder', path }, text)
    }
  })

  test('parseSource() never takes what is on this disk for the name of a host', () => {
    const data = relative('', join(folder, 'data'))
    assert.match(
      refusal(() => parseSource(data, 'verify')),
      new RegExp(`^The folder "${data}" holds no log\\. Its log is in "${data}/public": give that`),
    )
    const wrong: readonly (readonly [string, RegExp])[] = [
      [join(folder, 'empty'), /holds no log\. Give a copy of the public folder of a registry/],
      [join(folder, 'none'), /^There is no folder/],
      [join(folder, 'data/public/-/log/key'), /is a file\. Give/],
      ['packages', /^The folder "packages" holds no log.*, or https:\/\/packages if a registry/],
      ['file://host/x', /is not the address of a folder on this machine/],
    ]
    for (const [text, said] of wrong)
      assert.match(
        refusal(() => parseSource(text, 'verify')),
        said,
      )
  })

  const mistyped: readonly (readonly [text: string, said: string])[] = [
    ['data/pubilc', 'There is no folder "data/pubilc" here; did you mean "data/public"?'],
    ['dtaa/public', 'There is no folder "dtaa/public" here; did you mean "data/public"?'],
    ['./data/pub', 'There is no folder "./data/pub" here'],
    [
      'data.old/public',
      'There is no folder "data.old/public" here. If a registry is meant, give its whole address: https://data.old/public',
    ], // "data.old" is a folder.
    ['emtpy', 'There is no folder "emtpy" here; did you mean "empty"?'],
    [
      'registry',
      'There is no folder "registry" here. If a registry is meant, give its whole address: https://registry',
    ],
    [
      'other/path',
      'There is no folder "other/path" here. If a registry is meant, give its whole address: https://other/path',
    ],
  ]
  for (const [text, said] of mistyped) {
    test(`parseSource() says what may be meant when "${text}" is typed and not there`, () => {
      mkdirSync(join(folder, 'data.old'))
      const before = process.cwd()
      process.chdir(folder)
      try {
        assert.equal(
          refusal(() => parseSource(text, 'verify')),
          said,
        )
      } finally {
        process.chdir(before)
      }
    })
  }

  test('parseSource() takes everything else for an address', () => {
    assert.deepEqual(parseSource('localhost:1', 'verify'), {
      kind: 'http',
      root: 'http://localhost:1',
    })
    assert.deepEqual(parseSource('localhost/npm', 'verify'), {
      kind: 'http',
      root: 'http://localhost/npm',
    })
    assert.deepEqual(parseSource('https://registry', 'verify'), {
      kind: 'http',
      root: 'https://registry',
    })
    assert.deepEqual(parseSource('registry.example/npm', 'verify'), {
      kind: 'http',
      root: 'https://registry.example/npm',
    })
  })
})

suite('verify', () => {
  test('verify has every flag, and every exit status, in docs/verify.md', () => {
    const page = readFileSync(new URL('../../../docs/verify.md', import.meta.url), 'utf8')
    const flags = Object.keys(verify.usage.options).map((name) =>
      name === 'tarballs' ? '--no-tarballs' : `--${name}`,
    )
    assert.ok(flags.length > 9)
    for (const flag of flags) assert.match(page, new RegExp(`^\\| \`${flag}[ \`]`, 'm'))
    for (const status of [0, 1, 2, 3, 4, 70])
      assert.match(page, new RegExp(`^\\| ${status} \\|`, 'm'))
  })

  test('verify throws usage_wrong when there is not one address', async () => {
    for (const positionals of [[], ['a', 'b']]) {
      await assert.rejects(verify.run({ ...quietInput, positionals }), (error: unknown) =>
        isSteleError(error, 'usage_wrong'),
      )
    }
  })
})
