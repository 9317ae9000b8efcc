// spec/observed.json, as anybody would check it: the packument is read, its chunk formatted, and each call run in the rules.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { parseTolerantJson } from '@stele/formats/json'
import { parsePackageName } from '@stele/formats/names'
import { formatChunk } from '@stele/formats/values'
import { readShown } from '@stele/releases/observed'
import { createScriptSystem } from '@stele/testkit'
import { rulesScript } from '../src/assets.ts'

type Vectors = {
  readonly packument: { readonly name: string }
  readonly releases: readonly { readonly version: string; readonly record: string }[]
  readonly dropped: readonly string[]
  readonly chunk: { readonly text: string; readonly blob: string }
  readonly calls: readonly {
    readonly why: string
    readonly account: string
    readonly via: string
    readonly timeMs: number
    readonly method: string
    readonly request: object
    readonly blobs?: { readonly [name: string]: string }
    readonly writes?: readonly (readonly [object: string, field: string, value: string | null])[]
    readonly refused?: string
  }[]
}

const file = new URL('../../../spec/observed.json', import.meta.url)
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))

suite('spec/observed.json', () => {
  test('its packument shows its releases, and its chunk pins them', () => {
    const { packument, chunk } = vectors
    const document = parseTolerantJson(JSON.stringify(packument), 'the packument')
    const shown = readShown(document, parsePackageName(packument.name))
    const releases = shown.releases.map(({ version, integrity, recordText, recordDigest }) => {
      assert.equal(hash('sha256', recordText), recordDigest)
      return { version, integrity, record: recordText, recordDigest }
    })
    assert.deepEqual(releases, vectors.releases)
    assert.deepEqual(
      shown.dropped.map(({ version }) => version),
      vectors.dropped,
    )
    assert.equal(formatChunk(shown.releases), chunk.text)
    assert.equal(hash('sha512', chunk.text), chunk.blob)
  })

  const system = createScriptSystem(rulesScript())
  const known = new Map<string, string>()
  const startMs = vectors.calls[0]?.timeMs ?? 0
  system.call({ method: 'init', args: '[]', account: 'root', via: 'host', timeMs: startMs })
  system.call({ method: 'join', args: '[]', account: 'alice', timeMs: startMs })
  for (const { why, request, blobs = {}, writes, refused, ...call } of vectors.calls) {
    test(`${call.method}: ${why}`, () => {
      for (const [name, text] of Object.entries(blobs)) {
        assert.equal(hash('sha512', text), name)
        known.set(name, text)
      }
      const find = (name: string): Buffer | undefined =>
        known.has(name) ? Buffer.from(known.get(name) ?? '') : undefined
      const outcome = system.call({ ...call, args: JSON.stringify([request]), blobs: find })
      const found = outcome.ok
        ? outcome.writes.map(({ object, field, value }) => [
            object,
            field,
            value === null ? null : Buffer.from(value).toString('utf8'),
          ])
        : outcome.error.name
      assert.deepEqual(found, writes ?? refused)
    })
  }
})
