// The law of what upstreams show, row by row: what the host may record, and the name of each refusal.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import { canonicalJson } from '@stele/formats/json'
import { parseVersion } from '@stele/formats/names'
import { formatChunk } from '@stele/formats/values'
import { createScriptSystem, type ScriptSystem } from '@stele/testkit'
import { rulesScript } from '../src/assets.ts'

type Request = Record<string, unknown>

const sha1Integrity = `sha1-${hash('sha1', 'old', 'buffer').toString('base64')}`

function recordOf(name: string, version: string, changes: Request = {}): string {
  return canonicalJson({ name, version, ...(changes as Record<string, string>) })
}

/** The tarball of a release is the text of its name. */
function tarballOf(spec: string): { readonly integrity: string; readonly sha512: string } {
  const digest = hash('sha512', spec, 'buffer')
  return { integrity: `sha512-${digest.toString('base64')}`, sha512: digest.toString('hex') }
}

function choiceOf(name: string, version: string, changes: Request = {}): Request {
  const { integrity } = tarballOf(`${name}@${version}`)
  return { name, version, integrity, record: recordOf(name, version), ...changes }
}

function contentsOf(
  name: string,
  version: string,
  changes: Request = {},
): { readonly releases: readonly Request[] } {
  const { sha512 } = tarballOf(`${name}@${version}`)
  const manifest = hash('sha256', recordOf(name, version))
  const contents = { files: 'a'.repeat(64), manifest, sha512, size: 7, ...changes }
  return { releases: [{ name, version, contents }] }
}

/** A system whose blobs are kept beside it. */
type Observed = {
  readonly call: (
    method: string,
    request: unknown,
    as?: { account?: string; via?: string },
  ) => string
  readonly keep: (text: string) => string
  readonly system: ScriptSystem
}

/** The request that pins these versions of a name; `lines` replaces what is said of one. */
function seen(
  { keep }: Pick<Observed, 'keep'>,
  name: string,
  versions: readonly string[],
  changes: Request & { readonly integrity?: string } = {},
): Request {
  const { integrity, ...others } = changes
  const lines = versions.map((version) => ({
    version: parseVersion(version),
    integrity: integrity ?? tarballOf(`${name}@${version}`).integrity,
    recordDigest: hash('sha256', recordOf(name, version)),
  }))
  const chunk = keep(formatChunk(lines))
  return { name, upstream: 'up', n: 0, chunk, count: versions.length, ...others }
}

/**
 * Operator `root`; `alice` owns the hosted `own`; `bobs` is reserved for `bob`, and `@team/*` for alice. At the upstream
 * `up`, `left-pad` was seen with 1.0.0 and 1.1.0, of which 1.0.0 was chosen and taken apart, and `old` with a SHA-1.
 */
function createObserved(): Observed {
  const system = createScriptSystem(rulesScript())
  const blobs = new Map<string, Uint8Array>()
  const keep: Observed['keep'] = (text) => {
    const name = hash('sha512', text)
    blobs.set(name, Buffer.from(text))
    return name
  }
  const call: Observed['call'] = (method, request, { account = 'root', via = 'host' } = {}) => {
    const args = JSON.stringify(request === undefined ? [] : [request])
    const outcome = system.call({
      account,
      via,
      method,
      args,
      timeMs: 5000,
      blobs: (name) => blobs.get(name),
    })
    return outcome.ok ? 'ok' : outcome.error.name
  }
  const done = [
    call('init', undefined),
    ...['alice', 'bob'].map((account) => call('join', undefined, { account })),
    call('publish', publishOf('own', '1.0.0'), { account: 'alice' }),
    call('reserve', { pattern: 'bobs' }, { account: 'bob' }),
    call('reserve', { pattern: '@team/*', account: 'alice' }),
    call('see', seen({ keep }, 'left-pad', ['1.0.0', '1.1.0'])),
    call('choose', { releases: [choiceOf('left-pad', '1.0.0')] }),
    call('contents', contentsOf('left-pad', '1.0.0')),
    call('see', seen({ keep }, 'old', ['1.0.0'], { integrity: sha1Integrity })),
    call('choose', { releases: [choiceOf('old', '1.0.0', { integrity: sha1Integrity })] }),
  ]
  assert.deepEqual(new Set(done), new Set(['ok']))
  return { system, keep, call }
}

function publishOf(name: string, version: string): Request {
  const { releases } = contentsOf(name, version)
  return { ...choiceOf(name, version), contents: releases[0]?.['contents'], tags: ['latest'] }
}

type Row = readonly [
  title: string,
  method: string,
  request: Request | ((observed: Observed) => Request),
  answer: string,
]

const pad = { name: 'left-pad', version: '1.0.0' }
const other = tarballOf('other bytes').integrity

const table: readonly Row[] = [
  ['a new name is seen', 'see', (o: Observed) => seen(o, 'new', ['1.0.0']), 'ok'],
  ['a name in a free scope is seen', 'see', (o: Observed) => seen(o, '@a/new', ['1.0.0']), 'ok'],
  [
    'an old name with upper case is seen',
    'see',
    (o: Observed) => seen(o, 'JSONStream', ['1.0.0']),
    'ok',
  ],
  ['more of it is seen', 'see', (o: Observed) => seen(o, 'left-pad', ['1.2.0'], { n: 1 }), 'ok'],
  [
    'a chunk is skipped',
    'see',
    (o: Observed) => seen(o, 'left-pad', ['1.2.0'], { n: 2 }),
    'not_next',
  ],
  ['a chunk is told again', 'see', (o: Observed) => seen(o, 'left-pad', ['1.2.0']), 'not_next'],
  [
    'the number is a text',
    'see',
    (o: Observed) => seen(o, 'new', ['1.0.0'], { n: '0' }),
    'not_next',
  ],
  [
    'another upstream shows the name',
    'see',
    (o: Observed) => seen(o, 'left-pad', ['1.2.0'], { n: 1, upstream: 'other' }),
    'other_origin',
  ],
  ['a hosted name is seen', 'see', (o: Observed) => seen(o, 'own', ['2.0.0']), 'other_origin'],
  ['a reserved name is seen', 'see', (o: Observed) => seen(o, 'bobs', ['1.0.0']), 'name_reserved'],
  [
    'a name in a reserved scope is seen',
    'see',
    (o: Observed) => seen(o, '@team/x', ['1.0.0']),
    'name_reserved',
  ],
  [
    'the upstream is called hosted',
    'see',
    (o: Observed) => seen(o, 'new', ['1.0.0'], { upstream: 'hosted' }),
    'bad_argument',
  ],
  [
    'the upstream is an address',
    'see',
    (o: Observed) => seen(o, 'new', ['1.0.0'], { upstream: 'https://x' }),
    'bad_argument',
  ],
  [
    'the chunk is no blob',
    'see',
    (o: Observed) => seen(o, 'new', ['1.0.0'], { chunk: 'x' }),
    'bad_argument',
  ],
  [
    'no line is seen',
    'see',
    (o: Observed) => seen(o, 'new', ['1.0.0'], { count: 0 }),
    'bad_argument',
  ],
  ['the name is a path', 'see', (o: Observed) => seen(o, '..', ['1.0.0']), 'name_invalid'],

  [
    'a release that was seen is chosen',
    'choose',
    { releases: [choiceOf('left-pad', '1.1.0')] },
    'ok',
  ],
  ['a release is chosen again', 'choose', { releases: [choiceOf('left-pad', '1.0.0')] }, 'ok'],
  [
    'two are chosen at once',
    'choose',
    { releases: [choiceOf('left-pad', '1.1.0'), choiceOf('left-pad', '1.0.0')] },
    'ok',
  ],
  [
    'a version is chosen that was not seen',
    'choose',
    { releases: [choiceOf('left-pad', '9.0.0')] },
    'version_not_seen',
  ],
  [
    'a name is chosen that was not seen',
    'choose',
    { releases: [choiceOf('new', '1.0.0')] },
    'package_not_found',
  ],
  [
    'a hosted release is chosen',
    'choose',
    { releases: [choiceOf('own', '2.0.0')] },
    'other_origin',
  ],
  [
    'a release is chosen with other bytes',
    'choose',
    { releases: [choiceOf('left-pad', '1.1.0', { integrity: other })] },
    'not_as_seen',
  ],
  [
    'a release is chosen with another record',
    'choose',
    {
      releases: [
        choiceOf('left-pad', '1.1.0', { record: recordOf('left-pad', '1.1.0', { os: ['linux'] }) }),
      ],
    },
    'not_as_seen',
  ],
  [
    'a chosen release is chosen with other bytes',
    'choose',
    { releases: [choiceOf('left-pad', '1.0.0', { integrity: other })] },
    'version_exists',
  ],
  [
    'the record is of another release',
    'choose',
    { releases: [choiceOf('left-pad', '1.1.0', { record: recordOf('left-pad', '1.0.0') })] },
    'bad_record',
  ],
  ['nothing is chosen', 'choose', { releases: [] }, 'bad_argument'],
  [
    'too much is chosen',
    'choose',
    { releases: Array(501).fill(choiceOf('left-pad', '1.1.0')) },
    'bad_argument',
  ],
  [
    'an md5 is chosen',
    'choose',
    { releases: [choiceOf('left-pad', '1.1.0', { integrity: 'md5-AA==' })] },
    'bad_argument',
  ],

  ['no contents are told', 'contents', { releases: [] }, 'bad_argument'],
  ['the contents are told again', 'contents', contentsOf('left-pad', '1.0.0'), 'ok'],
  [
    'other contents are told',
    'contents',
    contentsOf('left-pad', '1.0.0', { size: 8 }),
    'contents_exist',
  ],
  [
    'the contents of a release that was not chosen',
    'contents',
    contentsOf('left-pad', '1.1.0'),
    'version_not_found',
  ],
  ['the contents of a hosted release', 'contents', contentsOf('own', '1.0.0'), 'other_origin'],
  ['a SHA-512 joins a SHA-1', 'contents', contentsOf('old', '1.0.0'), 'ok'],
  [
    'the tarball cannot be unpacked',
    'contents',
    contentsOf('old', '1.0.0', { files: null, manifest: null, reason: 'it has a link' }),
    'ok',
  ],
  [
    'the tarball cannot be unpacked, and nobody says why',
    'contents',
    contentsOf('old', '1.0.0', { files: null, manifest: null }),
    'bad_argument',
  ],
  ['the size is no number', 'contents', contentsOf('old', '1.0.0', { size: '7' }), 'bad_contents'],

  ['an upstream swaps a tarball', 'conflict', { ...pad, integrity: other }, 'ok'],
  ['it swaps it for a SHA-1', 'conflict', { ...pad, integrity: sha1Integrity }, 'ok'],
  [
    'it shows the same',
    'conflict',
    { ...pad, integrity: tarballOf('left-pad@1.0.0').integrity },
    'no_conflict',
  ],
  [
    'a version conflicts that was not seen',
    'conflict',
    { ...pad, version: '9.0.0', integrity: other },
    'version_not_seen',
  ],
  [
    'a hosted release conflicts',
    'conflict',
    { name: 'own', version: '1.0.0', integrity: other },
    'other_origin',
  ],

  [
    'the record is amended by its package.json',
    'amend',
    (o: Observed) => ({
      ...pad,
      record: recordOf('left-pad', '1.0.0', { os: ['linux'] }),
      blob: o.keep(recordOf('left-pad', '1.0.0')),
    }),
    'ok',
  ],
  [
    'the record is amended by another file',
    'amend',
    (o: Observed) => ({ ...pad, record: recordOf('left-pad', '1.0.0'), blob: o.keep('{}') }),
    'not_its_manifest',
  ],
  [
    'the record is amended before the tarball is known',
    'amend',
    (o: Observed) => ({
      name: 'old',
      version: '1.0.0',
      record: recordOf('old', '1.0.0'),
      blob: o.keep('{}'),
    }),
    'contents_unknown',
  ],

  ['an upstream tells another record', 'differ', { ...pad, record: 'c'.repeat(64) }, 'ok'],
  [
    'it tells the same other record again',
    'differ',
    (o: Observed) => {
      o.call('differ', { ...pad, record: 'c'.repeat(64) })
      return { ...pad, record: 'c'.repeat(64) }
    },
    'ok',
  ],
  [
    'it tells a third record',
    'differ',
    (o: Observed) => {
      o.call('differ', { ...pad, record: 'c'.repeat(64) })
      return { ...pad, record: 'd'.repeat(64) }
    },
    'difference_exists',
  ],
  [
    'it tells the same',
    'differ',
    { ...pad, record: hash('sha256', recordOf('left-pad', '1.0.0')) },
    'no_difference',
  ],
]

for (const [title, method, request, answer] of table) {
  test(`rules ${method}() says ${answer} when ${title}`, () => {
    const observed = createObserved()
    const asked: unknown = typeof request === 'function' ? request(observed) : request
    assert.equal(observed.call(method, asked), answer)
  })
}

for (const method of ['see', 'choose', 'contents', 'conflict', 'amend', 'differ']) {
  test(`rules ${method}() is the host's alone`, () => {
    const { call } = createObserved()
    for (const via of ['token', 'key', 'debug']) assert.equal(call(method, {}, { via }), 'not_host')
  })
}

test('rules see() writes the origin and the chunk, and nothing else', () => {
  const observed = createObserved()
  const before = observed.system.dump()
  const request = seen(observed, '@a/new', ['1.0.0', '2.0.0'])
  assert.equal(observed.call('see', request), 'ok')
  const written = Object.entries(observed.system.dump()).filter(
    ([key]) => before[key] === undefined,
  )
  assert.deepEqual(written, [
    ['/packages @a%2Fnew/', ''],
    ['/packages/@a%2Fnew origin', 'up'],
    ['/packages/@a%2Fnew seen/', ''],
    ['/packages/@a%2Fnew/seen 00000000', request['chunk']],
  ])
})

test('rules choose() goes by the first line of a version', () => {
  const observed = createObserved()
  const { call } = observed
  const again = seen(observed, 'left-pad', ['1.1.0'], { n: 1, integrity: other })
  assert.equal(call('see', again), 'ok')
  assert.equal(
    call('choose', { releases: [choiceOf('left-pad', '1.1.0', { integrity: other })] }),
    'not_as_seen',
  )
  assert.equal(call('choose', { releases: [choiceOf('left-pad', '1.1.0')] }), 'ok')
})

test('rules conflict() records each other integrity once, and only so many', () => {
  const { call, system } = createObserved()
  const integrities = Array.from({ length: 20 }, (_, at) => tarballOf(`bytes ${at}`).integrity)
  for (const integrity of [...integrities, ...integrities]) {
    assert.equal(call('conflict', { ...pad, integrity }), 'ok')
  }
  assert.equal(call('conflict', { ...pad, integrity: other }), 'too_many_conflicts')
  const object = '/packages/left-pad/conflicts/1.0.0'
  assert.equal(system.state.list(object).length, 20)
  const field = tarballOf('bytes 0').sha512
  const value = JSON.stringify({ integrity: integrities[0], seen: 5000 })
  assert.equal(system.dump()[`${object} ${field}`], value)
})

test('rules reserve() makes a name of an upstream its own, and what was chosen stays', () => {
  const observed = createObserved()
  const { call, system } = observed
  assert.equal(
    call('reserve', { pattern: 'left-pad' }, { account: 'bob', via: 'token' }),
    'name_taken',
  )
  assert.equal(
    call('publish', publishOf('left-pad', '2.0.0'), { account: 'alice' }),
    'other_origin',
  )
  assert.equal(call('reserve', { pattern: 'left-pad', account: 'alice' }), 'ok')
  assert.equal(system.dump()['/packages/left-pad origin'], 'hosted')
  assert.equal(system.dump()['/packages/left-pad/tags latest'], '1.0.0')
  assert.equal(call('see', seen(observed, 'left-pad', ['1.2.0'], { n: 1 })), 'name_reserved')
  assert.equal(call('choose', { releases: [choiceOf('left-pad', '1.1.0')] }), 'other_origin')
  const alice = { account: 'alice', via: 'token' }
  assert.equal(call('publish', publishOf('left-pad', '1.0.0'), alice), 'version_exists')
  assert.equal(call('publish', publishOf('left-pad', '1.1.0'), alice), 'version_exists')
  assert.equal(call('publish', publishOf('left-pad', '2.0.0'), alice), 'ok')
  assert.equal(system.dump()['/packages/left-pad/tags latest'], '2.0.0')
})
