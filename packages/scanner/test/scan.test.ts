// One scanner over a folder that changes, with a clock of its own.
import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { readRelease } from '@stele/releases/release'
import { makeZip } from '../../faces/test/make-zip.ts'
import { openFacts, readFacts, sweepFacts } from '../src/kept.ts'
import { settledMs, settleMs } from '../src/limits.ts'
import { readPlacedFile, readPlacedTarball } from '../src/placed.ts'
import { createScanner, type Scanned, type Scanner } from '../src/scan.ts'
import type { ArchiveSource, FolderSource } from '../src/source.ts'

let root = ''
let nowMs = 0

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stele-scan-'))
  nowMs = Date.now()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, content: string | Uint8Array): void {
  const place = join(root, 'js', path)
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, content)
}

function putPackage(folder: string, name: string, version: string, more: object = {}): void {
  put(`${folder}/package.json`, JSON.stringify({ name, version, ...more }))
  put(`${folder}/main.js`, `module.exports = '${name}@${version}'\n`)
}

function folderSource(changes: Partial<FolderSource> = {}): FolderSource {
  const usual = {
    kind: 'folder',
    scanner: 'directory',
    layout: 'any',
    tarballs: 'none',
    url: '',
  } as const
  const patterns = { includes: ['**'], excludes: [] }
  return { ...usual, ...patterns, folder: join(root, 'js'), periodMs: 1000, ...changes }
}

const facts = (): ReturnType<typeof openFacts> => openFacts(join(root, 'facts'))

function scannerOf(source: FolderSource | ArchiveSource = folderSource()): Scanner {
  const stateFolder = join(root, 'state')
  return createScanner(source, {
    facts: facts(),
    stateFolder,
    now: () => nowMs,
    hand: async () => undefined,
  })
}

/** Scans when all has held still for long. */
async function scanStill(scanner: Scanner): Promise<Scanned> {
  nowMs = Date.now() + settledMs
  const scanned = await scanner.scan()
  assert.ok(scanned !== undefined)
  return scanned
}

function specs({ found }: Scanned): readonly string[] {
  return found.map(({ finding }) => `${finding.name}@${finding.version}`).sort()
}

suite('createScanner() of a folder', () => {
  test('finds the outermost packages, bundles among them, and what else has a package.json is none', async () => {
    putPackage('base/map', 'map', '1.0.0')
    putPackage('base/map/inner', 'inner', '1.0.0')
    putPackage('@ct/x', '@ct/x', '2.0.0-SNAPSHOT')
    putPackage('node_modules/dep', 'dep', '1.0.0')
    putPackage('.git/hidden', 'hidden', '1.0.0')
    put('bundle/manifest.json', JSON.stringify({ name: 'bundle', version: '3.0.0', layer: 'x' }))
    put('page/manifest.json', '{"short_name": "a page"}')
    put('workspace/package.json', '{"private": true}')
    putPackage('workspace/one', 'one', '1.0.0')
    const scanned = await scanStill(scannerOf())
    assert.deepEqual(specs(scanned), [
      '@ct/x@2.0.0-SNAPSHOT',
      'bundle@3.0.0',
      'map@1.0.0',
      'one@1.0.0',
    ])
    assert.deepEqual(scanned.troubles, [])
    assert.deepEqual([...(scanned.present ?? [])].sort(), specs(scanned))
  })

  test('looks where includes and excludes say', async () => {
    for (const path of ['base/a', 'base/tests/b', 'sample/c'])
      putPackage(path, path.slice(-1), '1.0.0')
    const source = folderSource({ includes: ['base/**'], excludes: ['**/tests/**'] })
    assert.deepEqual(specs(await scanStill(scannerOf(source))), ['a@1.0.0'])
  })

  test('takes names of a folder that is laid out as node_modules', async () => {
    putPackage('mocha', 'mocha', '1.0.0')
    putPackage('@ct/x', '@ct/x', '1.0.0')
    putPackage('chai/node_modules/deep', 'deep', '1.0.0')
    putPackage('chai', 'chai', '1.0.0')
    const source = folderSource({ layout: 'node_modules', includes: ['chai', '@ct/*'] })
    assert.deepEqual(specs(await scanStill(scannerOf(source))), ['@ct/x@1.0.0', 'chai@1.0.0'])
  })

  test('says once what it found, and again what changed', async () => {
    putPackage('a', 'a', '1.0.0-SNAPSHOT')
    putPackage('b', 'b', '1.0.0')
    const scanner = scannerOf()
    const first = await scanStill(scanner)
    assert.deepEqual(specs(first), ['a@1.0.0-SNAPSHOT', 'b@1.0.0'])
    assert.deepEqual(specs(await scanStill(scanner)), [])
    put('a/main.js', 'changed()')
    rmSync(join(root, 'js/b'), { recursive: true })
    const changed = await scanStill(scanner)
    assert.deepEqual(specs(changed), ['a@1.0.0-SNAPSHOT'])
    assert.notEqual(changed.found[0]?.finding.files, first.found[0]?.finding.files)
    assert.deepEqual(changed.present, ['a@1.0.0-SNAPSHOT'])
  })

  test('leaves a package until it holds still', async () => {
    putPackage('a', 'a', '1.0.0')
    const scanner = scannerOf()
    nowMs = Date.now()
    const first = await scanner.scan()
    assert.deepEqual([first?.found, first?.isMoving, first?.present], [[], true, undefined])
    put('a/more.js', 'more()')
    nowMs += settleMs - 1
    assert.equal((await scanner.scan())?.isMoving, true)
    nowMs += settleMs - 1
    assert.equal((await scanner.scan())?.isMoving, true, 'a file came, so that it is counted anew')
    nowMs += 1
    const still = await scanner.scan()
    assert.deepEqual(
      still?.found.map(({ finding }) => finding.name),
      ['a'],
    )
  })

  test('notices a file that changed and has its old time and size', async () => {
    putPackage('a', 'a', '1.0.0-SNAPSHOT')
    const scanner = scannerOf()
    await scanStill(scanner)
    const time = new Date(Date.now() - 5000)
    put('a/main.js', "module.exports = 'b@1.0.0-SNAPSHOT'\n")
    utimesSync(join(root, 'js/a/main.js'), time, time)
    assert.deepEqual(specs(await scanStill(scanner)), ['a@1.0.0-SNAPSHOT'])
  })

  test('keeps a package that is broken now, and says what is wrong', async () => {
    putPackage('a', 'a', '1.0.0-SNAPSHOT')
    const scanner = scannerOf()
    await scanStill(scanner)
    put('a/package.json', '{"name": "a", "ver')
    const scanned = await scanStill(scanner)
    assert.deepEqual(scanned.present, ['a@1.0.0-SNAPSHOT'])
    assert.match(scanned.troubles[0]?.reason ?? '', /package\.json/)
    putPackage('a', 'a', '1.0.1-SNAPSHOT')
    assert.deepEqual((await scanStill(scanner)).present, ['a@1.0.1-SNAPSHOT'])
  })

  test('follows no link, wherever it leads', async () => {
    put('../secret/password', 'hidden')
    putPackage('a', 'a', '1.0.0')
    putPackage('../outside', 'outside', '1.0.0')
    symlinkSync(join(root, 'secret/password'), join(root, 'js/a/password'))
    symlinkSync(join(root, 'secret'), join(root, 'js/a/folder'))
    symlinkSync(join(root, 'outside'), join(root, 'js/outside'))
    const scanned = await scanStill(scannerOf())
    assert.deepEqual(specs(scanned), ['a@1.0.0'])
    const known = await readFacts(join(root, 'facts'), scanned.found[0]?.finding.files ?? '')
    assert.deepEqual([...(known?.files.keys() ?? [])], ['main.js', 'package.json'])
  })

  test('tells of two places with the same version, and takes the first', async () => {
    putPackage('a', 'same', '1.0.0')
    putPackage('b', 'same', '1.0.0')
    const scanned = await scanStill(scannerOf())
    assert.equal(scanned.found[0]?.finding.place.path, join(root, 'js/a'))
    assert.match(scanned.troubles[0]?.reason ?? '', /same@1\.0\.0 is also at/)
    rmSync(join(root, 'js/a'), { recursive: true })
  })

  test('goes on after a start from what it kept, and makes anew what was lost', async () => {
    putPackage('a', 'a', '1.0.0')
    const [{ finding } = assert.fail()] = (await scanStill(scannerOf())).found
    nowMs = Date.now() // It does not hold still yet, and is known all the same.
    const again = await scannerOf().scan()
    assert.deepEqual(again?.found, [{ finding }])
    rmSync(join(root, 'facts'), { recursive: true })
    assert.deepEqual((await scanStill(scannerOf())).found, [{ finding }])
    assert.ok(facts().has(finding.files))
    writeFileSync(join(root, 'state/directory.json'), '{"source": ')
    assert.deepEqual((await scanStill(scannerOf())).found, [{ finding }])
  })

  const isRoot = process.getuid?.() === 0 // Who may read everything.
  test('says which package has a file that it may not read', { skip: isRoot }, async () => {
    putPackage('a', 'a', '1.0.0')
    putPackage('b', 'b', '1.0.0')
    chmodSync(join(root, 'js/a/main.js'), 0)
    const scanned = await scanStill(scannerOf())
    assert.deepEqual(scanned.present, ['b@1.0.0'])
    assert.match(scanned.troubles[0]?.reason ?? '', /^a file of it cannot be read: EACCES/)
  })

  test('goes where a link leads that the operator names, and again where it leads elsewhere', async () => {
    putPackage('../first/a', 'a', '1.0.0')
    putPackage('../second/b', 'b', '1.0.0')
    symlinkSync(join(root, 'first'), join(root, 'current'))
    const scanner = scannerOf(folderSource({ folder: join(root, 'current') }))
    const [{ finding } = assert.fail()] = (await scanStill(scanner)).found
    assert.deepEqual(finding.place, { kind: 'folder', path: join(root, 'first/a'), inside: 'a' })
    rmSync(join(root, 'current'))
    symlinkSync(join(root, 'second'), join(root, 'current'))
    assert.deepEqual((await scanStill(scanner)).present, ['b@1.0.0'])
  })

  test('says of a package that never holds still that it does not, and of others what is gone', async () => {
    putPackage('a', 'a', '1.0.0')
    putPackage('b', 'b', '1.0.0')
    const scanner = scannerOf()
    await scanStill(scanner)
    rmSync(join(root, 'js/b'), { recursive: true })
    const startMs = Date.now()
    for (let at = 0; at <= settledMs + 1000; at += 1000) {
      putPackage('log', 'log', '1.0.0', { at })
      nowMs = startMs + at
      utimesSync(join(root, 'js/log/main.js'), nowMs / 1000, nowMs / 1000)
      const scanned = (await scanner.scan()) ?? assert.fail()
      const isOver = at > settledMs
      assert.deepEqual(scanned.present, isOver ? ['a@1.0.0'] : undefined)
      assert.deepEqual(
        scanned.troubles.map(({ reason }) => reason),
        isOver ? ['it changes all the time, and is left until it holds still'] : [],
      )
    }
  })

  test('says nothing where the folder is not there, rather than that all is gone', async () => {
    putPackage('a', 'a', '1.0.0')
    const scanner = scannerOf()
    await scanStill(scanner)
    renameSync(join(root, 'js'), join(root, 'away'))
    assert.equal(await scanner.scan(), undefined)
  })
})

suite('tarballs of packages in folders', () => {
  for (const tarballs of ['build', 'keep'] as const) {
    test(`"${tarballs}" gives the tarball that npm takes, always the same`, async () => {
      putPackage('a', 'a', '1.0.0')
      const [found = assert.fail()] = (await scanStill(scannerOf(folderSource({ tarballs })))).found
      const { finding, tarball } = found
      assert.equal(tarball !== undefined, tarballs === 'keep')
      const known = (await readFacts(join(root, 'facts'), finding.files)) ?? assert.fail()
      const { distribution = assert.fail() } = finding
      const made = (await readPlacedTarball(finding, distribution, known)) ?? assert.fail()
      if (tarball !== undefined) assert.deepEqual(Buffer.from(made), Buffer.from(tarball))
      const release = readRelease(made)
      assert.equal(release.integrity, distribution.integrity)
      assert.equal(release.shasum, distribution.shasum)
      assert.equal(release.contents.files, finding.files)
      assert.equal(release.recordText, finding.record)
      put('a/main.js', 'changed()')
      assert.equal(await readPlacedTarball(finding, distribution, known), undefined)
    })
  }

  test('the zip that a package brings along is its distribution', async () => {
    putPackage('a', '@s/a', '1.0.0')
    const packageJson = JSON.stringify({ name: '@s/a', version: '1.0.0' })
    const zip = makeZip([
      { path: 'package.json', content: packageJson },
      { path: 'min.js', content: 'min()' },
    ])
    put('a/dist/a@1.0.0.zip', zip)
    const [{ finding } = assert.fail()] = (await scanStill(scannerOf())).found
    assert.equal(finding.distribution?.zip, 'dist/a@1.0.0.zip')
    const known = (await readFacts(join(root, 'facts'), finding.files)) ?? assert.fail()
    const made = await readPlacedTarball(finding, finding.distribution, known)
    assert.deepEqual(readRelease(made ?? assert.fail()).paths, ['min.js', 'package.json'])
  })

  test('a zip of another package is told, and is a file like any other', async () => {
    putPackage('a', 'a', '1.0.0')
    const packageJson = JSON.stringify({ name: 'b', version: '1.0.0' })
    put('a/dist/a@1.0.0.zip', makeZip([{ path: 'package.json', content: packageJson }]))
    const scanned = await scanStill(scannerOf())
    assert.equal(scanned.found[0]?.finding.distribution, undefined)
    assert.match(scanned.troubles[0]?.reason ?? '', /holds another package/)
  })
})

test('createScanner() says of a package.json that it is too large, and goes on', async () => {
  putPackage('a', 'a', '1.0.0')
  put('b/package.json', Buffer.alloc(4 * 2 ** 20 + 1, ' '))
  put('c/manifest.json', Buffer.alloc(4 * 2 ** 20 + 1, ' '))
  const scanned = await scanStill(scannerOf())
  assert.deepEqual(specs(scanned), ['a@1.0.0'])
  assert.deepEqual(scanned.troubles, [
    { place: join(root, 'js/b'), reason: 'its package.json is too large' },
  ])
})

suite('createScanner() of archives', () => {
  const webjar = 'META-INF/resources/webjars'
  const archives = (): ArchiveSource => ({
    kind: 'archives',
    scanner: 'classpath',
    paths: [join(root, 'js')],
    periodMs: 1000,
  })

  test('finds WebJars, with a package.json and without, and what an index names', async () => {
    put(
      'other.jar',
      makeZip([
        { path: 'de/Some.class', content: 'x' },
        { path: 'package.json', content: '{}' },
      ]),
    )
    put('readme.txt', 'no archive')
    put(
      'map.jar',
      makeZip([
        {
          path: `${webjar}/map/1.0.0/package.json`,
          content: '{"name":"map","version":"1.0.0","main":"a.js"}',
        },
        { path: `${webjar}/map/1.0.0/a.js`, content: 'a()' },
        { path: `${webjar}/bare/2.0.0/b.js`, content: 'b()' },
        { path: `${webjar}/odd/2.0/c.js`, content: 'c()' },
      ]),
    )
    put(
      'bundles.jar',
      makeZip([
        {
          path: 'META-INF/js-registry-packs.properties',
          content: `packages=bundles${'/'.repeat(9e5)}x, /y/`,
        },
        { path: 'bundles/x/manifest.json', content: '{"name":"x","version":"4.0.0"}' },
        { path: 'y/package.json', content: '{"name":"y","version":"5.0.0"}' },
        { path: 'z/package.json', content: '{"name":"z","version":"6.0.0"}' },
      ]),
    )
    const scanned = await scanStill(scannerOf(archives()))
    assert.deepEqual(specs(scanned), ['bare@2.0.0', 'map@1.0.0', 'x@4.0.0', 'y@5.0.0'])
    assert.match(scanned.troubles[0]?.reason ?? '', /webjars\/odd\/2\.0\//)
    for (const { finding } of scanned.found) assert.equal(finding.distribution, undefined)
    const map =
      scanned.found.find(({ finding }) => finding.name === 'map')?.finding ?? assert.fail()
    const known = (await readFacts(join(root, 'facts'), map.files)) ?? assert.fail()
    const listed = known.files.get('a.js') ?? assert.fail()
    const file = await readPlacedFile(map.place, known, listed)
    assert.equal(Buffer.from(file?.content ?? []).toString(), 'a()')
    put('map.jar', makeZip([{ path: `${webjar}/map/1.0.0/a.js`, content: 'b()' }]))
    assert.equal(await readPlacedFile(map.place, known, listed), undefined)
  })

  const manyJars = Array.from({ length: 1001 }, (_, at) => `${webjar}/p${at}/1.0.0/a.js`)
  const tooMuch: readonly (readonly [claim: string, entries: Parameters<typeof makeZip>[0]])[] = [
    ['more packages than are looked for', manyJars.map((path) => ({ path }))],
    [
      'an index of more than 1 MiB',
      [{ path: 'META-INF/js-registry-packs.properties', content: `packages=${'a,'.repeat(6e5)}b` }],
    ],
  ]
  for (const [claim, entries] of tooMuch) {
    test(`takes nothing of an archive with ${claim}, and says so once`, async () => {
      put('much.jar', makeZip(entries))
      const scanned = await scanStill(scannerOf(archives()))
      assert.deepEqual(specs(scanned), [])
      const [{ reason } = assert.fail(), ...more] = scanned.troubles
      assert.match(reason, /more than 1048576 bytes, or it has more than 1000 packages/)
      assert.deepEqual(more, [])
    })
  }

  test('says which archive cannot be read, and reads the others', async () => {
    const good = makeZip([{ path: `${webjar}/map/1.0.0/a.js`, content: 'a()' }])
    put('good.jar', good)
    put('cut.jar', good.subarray(0, good.length - 10))
    const scanned = await scanStill(scannerOf(archives()))
    assert.deepEqual(specs(scanned), ['map@1.0.0'])
    assert.deepEqual(
      scanned.troubles.map(({ place }) => place),
      [join(root, 'js/cut.jar')],
    )
  })
})

test('sweepFacts() removes the facts of what nobody knows, and nothing else', async () => {
  const folder = join(root, 'facts')
  await sweepFacts(folder, new Set())
  for (const files of ['aa11', 'aa22']) {
    facts().put(files, { list: '', packageJson: Buffer.from('{}') })
  }
  await sweepFacts(folder, new Set(['aa22']))
  assert.deepEqual([facts().has('aa11'), facts().has('aa22')], [false, true])
})
