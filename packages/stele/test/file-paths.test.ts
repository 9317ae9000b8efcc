// Names of a script's files: what is written for them in addresses and on disks can be read back, and never leads elsewhere.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import {
  diskNames,
  diskNamesIn,
  filesPath,
  parseFilesPath,
  readDiskName,
  unescapeName,
} from '../src/script-files/file-paths.ts'
import { createFilesFetch } from '../src/script-files/files-folder.ts'

const oddParts = ['.', '%', '\\', '\n', 'é', '😀', 'a', '+', ' ', ':', '%41', '%2e', '\u007f', '%+']

/** Every way to put up to three odd parts together, and each of those many times over. */
function* oddNames(): Iterable<string> {
  for (const a of oddParts) {
    for (const b of ['', ...oddParts]) {
      for (const c of ['', ...oddParts]) {
        yield a + b + c
        yield (a + b + c).repeat(97)
      }
    }
  }
}

suite('diskNames()', () => {
  const cases: readonly (readonly [name: string, wanted: readonly string[]])[] = [
    ['foo.js.1.0.0', ['foo.js.1.0.0']],
    ['ü (1), &c', ['ü (1), &c']],
    ['a:b?', ['a%3ab%3f']],
    ['a. ', ['a.%20']],
    ['Con.txt', ['%43on.txt']],
    ['console', ['console']],
    ['.', ['%2e']],
    ['..', ['%2e%2e']],
    ['...', ['..%2e']],
    ['a%2Fb', ['a%252Fb']],
    ['a\\b\n', ['a%5cb%0a']],
    ['%+x', ['%25+x']],
    ['x'.repeat(200), ['x'.repeat(200)]],
    ['x'.repeat(201), [`%+${'x'.repeat(200)}`, 'x']],
    [`${'x'.repeat(200)}.`, [`%+${'x'.repeat(200)}`, '%2e']],
    [`${'x'.repeat(200)}..`, [`%+${'x'.repeat(200)}`, '%2e%2e']],
    [`${'x'.repeat(199)}..`, [`%+${'x'.repeat(199)}%2e`, '%2e']],
    ['.'.repeat(402), [`%+${'.'.repeat(199)}%2e`, `%+${'.'.repeat(199)}%2e`, '%2e%2e']],
  ]
  for (const [name, wanted] of cases) {
    test(`diskNames() gives ${wanted.length} name(s) when it is ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.deepEqual(diskNames(name), wanted)
    })
  }

  test('diskNames() can be read back, and gives names that any disk holds, whatever the name is', () => {
    const long = Array.from({ length: 10 }, (_, more) => `${'x'.repeat(195 + more)}..`)
    for (const name of [...oddNames(), ...long]) {
      const parts = diskNames(name)
      const read = parts.map(readDiskName)
      assert.equal(unescapeName(read.map(({ text }) => text).join('')), name)
      const last = parts.length - 1
      assert.ok(read.every(({ isCut }, at) => isCut === at < last))
      for (const part of parts) {
        assert.ok(Buffer.byteLength(part) <= 204 && !/[/\0\\:]/.test(part))
        assert.ok(part !== '' && !/[. ]$/.test(part))
      }
    }
  })
})

/** What a disk that folds case and accents takes names for. */
const fold = (name: string): string => name.normalize('NFC').toLowerCase()

suite('diskNamesIn()', () => {
  const [accents, apart] = ['\u00e9', 'e\u0301']
  const folders: readonly (readonly string[])[] = [
    ['A', 'a'],
    ['Ab', 'aB', 'AB', 'ab'],
    [accents, apart],
    ['A', 'a', '%41', '%4A', '%4a'],
    ['con', 'CON'],
    ['X'.repeat(250), 'x'.repeat(300), `${'x'.repeat(200)}y`, 'X'.repeat(200)],
    [`${'a'.repeat(200)}B`, `${'a'.repeat(200)}b`, `${'A'.repeat(200)}c`],
  ]
  for (const names of folders) {
    test(`diskNamesIn() keeps ${names.map((name) => JSON.stringify(name.slice(0, 6))).join(', ')} apart on a disk that folds names`, () => {
      const places = [...diskNamesIn(names)]
      const files = places.map(([, disk]) => fold(disk.join('/')))
      assert.equal(new Set(files).size, names.length)
      const prefixes = places.flatMap(([, disk]) =>
        disk.map((_, at) => disk.slice(0, at + 1).join('/')),
      )
      assert.equal(new Set(prefixes.map(fold)).size, new Set(prefixes).size)
      for (const [name, disk] of places) {
        const text = disk.map((part) => readDiskName(part).text).join('')
        assert.equal(unescapeName(text), name)
      }
    })
  }

  test('diskNamesIn() spells a name as it is where none beside it is like it', () => {
    assert.deepEqual(
      [...diskNamesIn(['README', 'Résumé', 'b']).values()],
      [['README'], ['Résumé'], ['b']],
    )
  })
})

suite('filesPath()', () => {
  test('filesPath() can be read back, and is one path to URL, whatever the names are', () => {
    for (const name of oddNames()) {
      const path = `/folder/${name}/file`
      assert.equal(parseFilesPath(filesPath(path)), path)
      if (name === '.' || name === '..') continue // No address can hold them, and no service does.
      assert.equal(new URL(filesPath(path), 'http://x').pathname, filesPath(path))
    }
  })
})

suite('createFilesFetch()', () => {
  test('createFilesFetch() reads files and listings, and nothing outside of the folder', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'stele-files-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const files = join(folder, 'files')
    const long = 'l'.repeat(450)
    const put = (path: string, text: string): void => {
      mkdirSync(join(files, path, '..'), { recursive: true })
      writeFileSync(join(files, path), text)
    }
    put('a/%2e%2e', 'dots')
    put(join(...diskNames(long)), 'long')
    writeFileSync(join(folder, 'secret'), 'secret')
    symlinkSync(join(folder, 'secret'), join(files, 'link'))
    const fetch = createFilesFetch(files)
    const read = async (path: string): Promise<readonly [number, string]> => {
      const { status, bytes } = await fetch(path, 1000)
      return [status, Buffer.from(bytes).toString()]
    }
    assert.deepEqual(await read('/-/files/a/%2E%2E'), [200, 'dots'])
    assert.deepEqual(await read(`/-/files/${long}`), [200, 'long'])
    assert.deepEqual(await read('/-/files/a'), [200, '{"path":"/a","entries":[".."]}'])
    const [, root] = await read('/-/files/')
    assert.deepEqual(JSON.parse(root).entries.toSorted(), ['a/', 'link', long])
    for (const path of [
      'link',
      'none',
      '%2E%2E/secret',
      '..%2Fsecret',
      '%2e%2e%2fsecret',
      'a/none/x',
    ]) {
      assert.deepEqual(await read(`/-/files/${path}`), [404, ''], path)
    }
    assert.deepEqual(await read('/secret'), [404, ''])
  })
})
