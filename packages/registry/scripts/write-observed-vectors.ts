// Writes spec/observed.json anew: `node packages/registry/scripts/write-observed-vectors.ts`. The calls run in the real rules, in
// the order of the file; what each of them wrote, or how it was refused, is written beside it.
import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { canonicalJson, type JsonObject, parseTolerantJson } from '../../formats/src/public/json.ts'
import { parsePackageName } from '../../formats/src/public/names.ts'
import { formatChunk } from '../../formats/src/public/values.ts'
import { readShown, type ShownRelease } from '../../releases/src/observed.ts'
import { createScriptSystem, type FakeCall } from '../../testkit/src/index.ts'
import { rulesScript } from '../src/assets.ts'

const name = 'left-pad'
const upstream = 'npm'
const startMs = Date.UTC(2026, 10, 21)

const digestOf = (text: string): string => hash('sha512', text, 'hex')
const integrityOf = (text: string): string =>
  `sha512-${Buffer.from(digestOf(text), 'hex').toString('base64')}`
const dist = (text: string): JsonObject => ({
  tarball: `https://upstream.example/${name}/-/${text}.tgz`,
  integrity: integrityOf(text),
  shasum: hash('sha1', text),
})

/** What the upstream shows: two plain versions, one from before SHA-512, and one that nobody can pin. */
const packument: JsonObject = {
  name,
  'dist-tags': { latest: '1.10.0' },
  versions: {
    '1.2.0': {
      name,
      version: '1.2.0',
      dependencies: { b: '^1.0.0', c: '*' },
      optionalDependencies: { c: '*' },
      bin: './cli.js',
      os: 'linux',
      scripts: { postinstall: 'node build.js' },
      deprecated: 'not part of the record',
      dist: dist('left-pad-1.2.0'),
    },
    '1.10.0': { name, version: '1.10.0', dist: dist('left-pad-1.10.0') },
    '0.0.1': {
      name,
      version: '0.0.1',
      dist: { tarball: `https://upstream.example/${name}/-/old.tgz`, shasum: hash('sha1', 'old') },
    },
    'one.two': { name, version: 'one.two', dist: dist('odd') },
  },
}

const { releases, dropped } = readShown(
  parseTolerantJson(JSON.stringify(packument), 'the packument'),
  parsePackageName(name),
)
const chunk = formatChunk(releases)
const later = formatChunk(releases.filter(({ version }) => version === '1.2.0'))
const packageJson = JSON.stringify({ name, version: '1.10.0', dependencies: { d: '1' } })
const ownRecord = canonicalJson({ dependencies: { d: '1' }, name, version: '1.10.0' })

function release(version: string): ShownRelease {
  const found = releases.find((one) => one.version === version)
  if (found === undefined) throw new Error(`The packument shows no ${version}`)
  return found
}

function choice(version: string): JsonObject {
  const { integrity, recordText } = release(version)
  return { name, version, integrity, record: recordText }
}

const contents: JsonObject = {
  files: 'f'.repeat(64),
  manifest: hash('sha256', packageJson),
  sha512: digestOf('left-pad-1.10.0'),
  size: 1234,
}

type Step = {
  readonly why: string
  readonly method: string
  readonly request: JsonObject
  readonly account?: string
  readonly via?: string
  readonly blobs?: { readonly [name: string]: string }
}

const seen = { name, upstream, n: 0, chunk: digestOf(chunk), count: 3 }

const steps: readonly Step[] = [
  { why: 'only the host sees', method: 'see', request: seen, account: 'alice', via: 'token' },
  { why: 'a first chunk has number 0', method: 'see', request: { ...seen, n: 1 } },
  { why: 'a chunk is seen', method: 'see', request: seen, blobs: { [digestOf(chunk)]: chunk } },
  {
    why: 'a name belongs to one upstream',
    method: 'see',
    request: { ...seen, upstream: 'other', n: 1 },
  },
  {
    why: 'a later chunk that names a version again has no effect for it',
    method: 'see',
    request: { name, upstream, n: 1, chunk: digestOf(later), count: 1 },
    blobs: { [digestOf(later)]: later },
  },
  {
    why: 'releases are chosen as they were seen',
    method: 'choose',
    request: { releases: [choice('1.10.0'), choice('0.0.1')] },
  },
  {
    why: 'choosing the same again writes nothing',
    method: 'choose',
    request: { releases: [choice('1.10.0')] },
  },
  {
    why: 'a version that no chunk lists cannot be chosen',
    method: 'choose',
    request: {
      releases: [
        { ...choice('1.2.0'), version: '9.9.9', record: canonicalJson({ name, version: '9.9.9' }) },
      ],
    },
  },
  {
    why: 'a release cannot be chosen with another record than it was seen with',
    method: 'choose',
    request: {
      releases: [{ ...choice('1.2.0'), record: canonicalJson({ name, version: '1.2.0' }) }],
    },
  },
  {
    why: 'contents bind the tarball',
    method: 'contents',
    request: { releases: [{ name, version: '1.10.0', contents }] },
  },
  {
    why: 'contents of another tarball are refused',
    method: 'contents',
    request: {
      releases: [{ name, version: '1.10.0', contents: { ...contents, sha512: '0'.repeat(128) } }],
    },
  },
  {
    why: 'a tarball that cannot be taken apart has a reason instead of digests',
    method: 'contents',
    request: {
      releases: [
        {
          name,
          version: '0.0.1',
          contents: {
            files: null,
            manifest: null,
            reason: 'it is no gzip',
            sha512: digestOf('old'),
            size: 3,
          },
        },
      ],
    },
  },
  {
    why: 'other bytes for a version are a conflict, recorded once',
    method: 'conflict',
    request: { name, version: '1.2.0', integrity: integrityOf('swapped') },
  },
  {
    why: 'the same conflict again writes nothing',
    method: 'conflict',
    request: { name, version: '1.2.0', integrity: integrityOf('swapped') },
  },
  {
    why: 'what was seen is no conflict',
    method: 'conflict',
    request: { name, version: '1.2.0', integrity: release('1.2.0').integrity },
  },
  {
    why: 'another record with the same bytes is noted by its SHA-256',
    method: 'differ',
    request: { name, version: '1.10.0', record: hash('sha256', ownRecord) },
  },
  {
    why: 'a third record is not noted: the first other one is',
    method: 'differ',
    request: { name, version: '1.10.0', record: hash('sha256', '{}') },
  },
  {
    why: "a package.json that is not the tarball's amends nothing",
    method: 'amend',
    request: { name, version: '1.10.0', record: ownRecord, blob: digestOf('{}') },
    blobs: { [digestOf('{}')]: '{}' },
  },
  {
    why: "the record that the tarball's own package.json tells replaces the first one",
    method: 'amend',
    request: { name, version: '1.10.0', record: ownRecord, blob: digestOf(packageJson) },
    blobs: { [digestOf(packageJson)]: packageJson },
  },
  {
    why: 'the operator takes the name from its upstream',
    method: 'reserve',
    request: { pattern: name, account: 'alice' },
    account: 'root',
    via: 'host',
  },
  {
    why: 'nothing new comes from the upstream of a reserved name',
    method: 'see',
    request: { name, upstream, n: 2, chunk: digestOf(chunk), count: 3 },
  },
  {
    why: 'a reserved name chooses nothing new',
    method: 'choose',
    request: { releases: [choice('1.2.0')] },
  },
]

const system = createScriptSystem(rulesScript())
system.call({ method: 'init', args: '[]', account: 'root', via: 'host', timeMs: startMs })
system.call({ method: 'join', args: '[]', account: 'alice', timeMs: startMs })
const known = new Map<string, string>()

const calls = steps.map(
  ({ why, method, request, account = 'root', via = 'host', blobs = {} }, at) => {
    for (const [blob, text] of Object.entries(blobs)) known.set(blob, text)
    const timeMs = startMs + at * 1000
    const call: FakeCall = { method, args: JSON.stringify([request]), account, via, timeMs }
    const outcome = system.call({
      ...call,
      blobs: (blob) => {
        const text = known.get(blob)
        return text === undefined ? undefined : Buffer.from(text)
      },
    })
    return {
      why,
      account,
      via,
      timeMs,
      method,
      request,
      ...(Object.keys(blobs).length === 0 ? {} : { blobs }),
      ...(outcome.ok
        ? {
            writes: outcome.writes.map(({ object, field, value }) => [
              object,
              field,
              value === null ? null : Buffer.from(value).toString('utf8'),
            ]),
          }
        : { refused: outcome.error.name }),
    }
  },
)

const about =
  'What an upstream shows, and the calls that pin it (release.md, "Observed"). "packument" is read into "releases"; "dropped" are versions that nobody can pin; "chunk" is the text of their lines. "calls" run in this order over a log whose operator is "root" and in which "alice" has joined; each has what it writes, as object, field and text, or the name of the error that refuses it. "blobs" are known from their call on. Files below a directory that is new make that directory, whose field ends with a slash.'

const vectors = {
  about,
  packument,
  releases: releases.map(({ version, integrity, recordText, recordDigest }) => ({
    version,
    integrity,
    record: recordText,
    recordDigest,
  })),
  dropped: dropped.map(({ version }) => version),
  chunk: { text: chunk, blob: digestOf(chunk) },
  calls,
}

const file = new URL('../../../spec/observed.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(vectors, undefined, 2)}\n`)
process.stdout.write(`${calls.length} calls in ${fileURLToPath(file)}\n`)
