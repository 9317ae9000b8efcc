// Histories that contradict what was seen: whoever copies or checks a log keeps what proves it.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { LogBuilder } from '../../testkit/src/index.ts'
import { readHere } from '../src/clone/clone-service.ts'
import type { Contradiction } from '../src/clone/contradiction.ts'
import { checkMirror } from '../src/mirror/check.ts'
import { createContradictionSaver } from '../src/verify/contradiction-saver.ts'
import { fetchOf, makeRegistry, mirror, release, twoReleases } from './made-mirror.ts'

const folder = mkdtempSync(join(tmpdir(), 'stele-contradiction-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const noteOf = (log: LogBuilder): string =>
  Buffer.from(log.files().get('/-/log/checkpoint') ?? '').toString()

function registryWith(...versions: readonly string[]): LogBuilder {
  const log = makeRegistry()
  for (const version of versions) release(log, 'kept', version)
  return log
}

for (const [code, what, other] of [
  ['history_forked', 'as many other entries', registryWith('1.0.0', '6.6.6')],
  ['history_forked', 'more entries on another past', registryWith('6.6.6', '6.6.7', '6.6.8')],
  ['history_older', 'fewer entries', registryWith('1.0.0')],
  ['history_replaced', 'another key', makeRegistry('another')],
] as const) {
  test(`mirrorThrough() and checkMirror() give both signed checkpoints of a log with ${what}`, async () => {
    const dir = mkdtempSync(join(folder, 'mirror-'))
    await mirror(dir, twoReleases())
    const known = readHere(dir)
    const given: Contradiction[] = []
    const contradicted = (found: Contradiction): void => void given.push(found)
    await assert.rejects(mirror(dir, other, { contradicted }), { code })
    const [fetch, url] = [fetchOf(other), 'http://mirror']
    const asked = { url, fetch, progress: () => undefined, tarballs: true, known, contradicted }
    await assert.rejects(checkMirror(asked), { code })
    assert.equal(given.length, 2)
    for (const { origin, seen, found, beside } of given) {
      assert.deepEqual([origin, seen, found], [known?.origin, noteOf(twoReleases()), noteOf(other)])
      assert.ok(beside['key']?.startsWith('registry.example'))
    }
  })
}

const found = { origin: 'registry.example', seen: 'one\n', found: 'two\n', beside: { key: 'k\n' } }

test('createContradictionSaver() keeps all of it, and says where', () => {
  const said: string[] = []
  const config = join(folder, 'config')
  createContradictionSaver({ config, cache: folder }, (line) => said.push(line))(found)
  const place = said[0]?.replace('Saved as evidence: ', '') ?? ''
  assert.ok(place.startsWith(config), said.join())
  const files = readdirSync(place).map((name) => [name, readFileSync(join(place, name), 'utf8')])
  assert.deepEqual(Object.fromEntries(files), {
    'seen.note': 'one\n',
    'found.note': 'two\n',
    'found.key': 'k\n',
  })
})

test('createContradictionSaver() says so, and shows what was found, where nothing can be saved', () => {
  const said: string[] = []
  const config = join(folder, 'a file')
  writeFileSync(config, '')
  createContradictionSaver({ config, cache: folder }, (line) => said.push(line))(found)
  assert.match(said.join('\n'), /^The evidence could not be saved: [^]*two/)
})
