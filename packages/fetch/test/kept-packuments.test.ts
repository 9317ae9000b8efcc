import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type Freshness, type KeptPackuments, openKeptPackuments } from '../src/kept-packuments.ts'
import { maxHeldBytes, maxPacks } from '../src/limits.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'))
  folders.push(folder)
  return join(folder, 'packuments')
}

const open = (folder: string, atMs = 0, freshness: Freshness = 'usual'): KeptPackuments =>
  openKeptPackuments(folder, freshness, () => atMs)

const text = (kept: KeptPackuments, key: string): string | undefined =>
  kept.find(key)?.body()?.body.toString()

suite('openKeptPackuments()', () => {
  test('gives what another process kept, with its coding and what asks whether it still holds', () => {
    const folder = makeFolder()
    const one = open(folder)
    one.keep('a', { etag: '"1"', 'content-encoding': 'gzip' }, Buffer.from('body a'))
    one.keep('b', { 'last-modified': 'yesterday' }, Buffer.from('body b'))
    assert.equal(text(one, 'a'), 'body a', 'before it is written')
    one.close()
    const other = open(folder)
    assert.deepEqual(other.find('a')?.body(), { body: Buffer.from('body a'), coding: 'gzip' })
    assert.deepEqual(other.find('a')?.conditions, { 'if-none-match': '"1"' })
    assert.deepEqual(other.find('b')?.conditions, { 'if-modified-since': 'yesterday' })
    assert.equal(other.find('c'), undefined)
    other.close()
  })

  // cache-control, age, how far it is trusted, seconds until it is asked for again
  const rows: readonly (readonly [string | undefined, string | undefined, Freshness, number])[] = [
    ['public, max-age=300', undefined, 'usual', 300],
    ['max-age=300', '200', 'usual', 100],
    ['max-age=300, no-cache', undefined, 'usual', 0],
    [undefined, undefined, 'usual', 0],
    ['max-age=99999999', undefined, 'usual', 3600],
    ['max-age=300', undefined, 'prefer-online', 0],
    ['max-age=300', undefined, 'prefer-offline', Number.POSITIVE_INFINITY],
    [undefined, undefined, 'offline', Number.POSITIVE_INFINITY],
  ]
  for (const [control, age, freshness, seconds] of rows) {
    test(`uses an answer for ${seconds} s when it says "${control}", age ${age}, and it is trusted: ${freshness}`, () => {
      const folder = makeFolder()
      const one = open(folder, 1_000_000)
      one.keep('a', { 'cache-control': control, age }, Buffer.from('body'))
      one.close()
      const isFresh = (ms: number): boolean | undefined => {
        const kept = open(folder, 1_000_000 + ms, freshness)
        const found = kept.find('a')?.isFresh
        kept.close()
        return found
      }
      if (seconds > 0) assert.equal(isFresh(Math.min(seconds * 1000, 1e12) - 1), true)
      if (Number.isFinite(seconds)) assert.equal(isFresh(seconds * 1000), false)
    })
  }

  test('keeps nothing that says "no-store"', () => {
    const folder = makeFolder()
    const one = open(folder)
    one.keep('a', { 'cache-control': 'no-store' }, Buffer.from('body'))
    one.close()
    assert.equal(open(folder).find('a'), undefined)
  })

  test('knows for longer what the registry said still holds', () => {
    const folder = makeFolder()
    const first = open(folder)
    first.keep('a', { 'cache-control': 'max-age=10', etag: '"1"' }, Buffer.from('body'))
    first.close()
    const second = open(folder, 60_000)
    assert.equal(second.find('a')?.isFresh, false)
    second.find('a')?.renew({ 'cache-control': 'max-age=10' })
    second.close()
    const third = open(folder, 65_000)
    assert.equal(third.find('a')?.isFresh, true)
    assert.deepEqual(third.find('a')?.conditions, { 'if-none-match': '"1"' })
    assert.equal(text(third, 'a'), 'body')
  })

  test('distrust() makes it ask for everything, and tells whether anything was used without', () => {
    const folder = makeFolder()
    const one = open(folder)
    one.keep('a', { 'cache-control': 'max-age=10' }, Buffer.from('body'))
    assert.equal(one.distrust(), false)
    one.close()
    const other = open(folder)
    assert.equal(other.find('a')?.isFresh, true)
    assert.equal(other.distrust(), true)
    assert.equal(other.find('a')?.isFresh, false)
    const offline = open(folder, 0, 'offline')
    assert.equal(offline.find('a')?.isFresh, true)
    assert.equal(offline.distrust(), false, 'there is nobody to ask')
  })

  test('merges packs, and keeps the newest of each answer', () => {
    const folder = makeFolder()
    const rounds = maxPacks * 3
    for (let round = 0; round < rounds; round++) {
      const kept = open(folder, Date.now() + round)
      kept.keep(`own ${round}`, {}, Buffer.from(`own ${round}`))
      kept.keep('shared', {}, Buffer.from(`shared ${round}`))
      kept.close()
    }
    const kept = open(folder)
    assert.equal(text(kept, 'shared'), `shared ${rounds - 1}`)
    for (let round = 0; round < rounds; round++) {
      assert.equal(text(kept, `own ${round}`), `own ${round}`)
    }
    const names = readdirSync(folder)
    assert.ok(names.length <= (maxPacks + 1) * 2, names.join(' '))
    kept.close()
  })

  test('keeps what was renewed, and what is at hand of it, when packs are merged', () => {
    const folder = makeFolder()
    const ready = { name: 'a', tags: {}, versions: ['1.0.0'], isAttested: false, rows: {} }
    const startMs = Date.now()
    const first = open(folder, startMs)
    first.keep('a', {}, Buffer.from('body a'))
    first.keep('large', {}, Buffer.alloc(100_000))
    first.close()
    const renewing = open(folder, startMs + 1)
    renewing.find('a')?.renew({ 'cache-control': 'max-age=60' })
    renewing.prepare('a', () => ready)
    renewing.close()
    for (let round = 0; round < maxPacks * 2; round++) {
      const kept = open(folder, startMs + 2 + round)
      kept.keep(`own ${round}`, {}, Buffer.from('x'))
      if (round === maxPacks) kept.find('own 0')?.renew({ 'cache-control': 'max-age=60' })
      kept.close()
    }
    const kept = open(folder, startMs + 100)
    assert.equal(kept.find('a')?.isFresh, true)
    assert.deepEqual(kept.find('a')?.ready, ready)
    assert.equal(text(kept, 'a'), 'body a')
    assert.equal(kept.find('own 0')?.isFresh, true)
    assert.equal(text(kept, 'own 0'), 'x')
    assert.equal(text(kept, 'large')?.length, 100_000)
    kept.close()
  })

  test('gives nothing when what lies in the folder is damaged, removed or cannot be written', () => {
    const folder = makeFolder()
    const one = open(folder)
    one.keep('a', {}, Buffer.from('body'))
    one.close()
    const [pack = '', index = ''] = ['.pack', '.index'].map(
      (end) => readdirSync(folder).find((name) => name.endsWith(end)) ?? '',
    )
    const whole = readFileSync(join(folder, index))
    writeFileSync(join(folder, index), whole.subarray(0, 20))
    assert.equal(open(folder).find('a'), undefined)
    writeFileSync(join(folder, index), whole)
    rmSync(join(folder, pack))
    assert.equal(text(open(folder), 'a'), undefined)
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'a file')
    const unwritable = open(folder)
    unwritable.keep('a', {}, Buffer.from('body'))
    unwritable.keep('b', {}, Buffer.alloc(maxHeldBytes))
    assert.equal(unwritable.find('a'), undefined)
    unwritable.keep('c', {}, Buffer.from('body'))
    unwritable.close()
  })
})
