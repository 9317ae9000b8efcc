import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { readSection } from '@stele/settings'
import { type ScannerSettings, scannerSection, sourcesOf } from '../src/settings.ts'

function read(jsregistry: object): ScannerSettings {
  const file = { path: 'stele.yaml', members: { jsregistry } }
  return readSection(scannerSection, { flags: {}, environment: {}, file })
}

test('sourcesOf() gives nothing to scan where nothing is said', () => {
  assert.deepEqual(sourcesOf(read({})), [])
})

test('sourcesOf() gives every folder and archive, in the order in which a version is theirs', () => {
  const sources = sourcesOf(
    read({
      directoryscanner: {
        folder: 'js',
        includes: 'base/**, apps/**',
        npmfolder: '/node_modules',
        npmincludes: ['mocha', '@ct/*'],
        directoriesToScan: [{ identifier: 'custom_directory', directory: '/custom', url: '' }],
        refreshPeriod: '5 s',
      },
      'classpathscanner.files': ['/lib', ''],
    }),
  )
  assert.deepEqual(
    sources.map((one) => [
      one.scanner,
      one.kind === 'folder' ? one.folder : one.paths,
      one.periodMs,
    ]),
    [
      ['directory', resolve('js'), 5000],
      ['npmfolder', '/node_modules', 5000],
      ['custom_directory', '/custom', 5000],
      ['classpath', ['/lib'], 60_000],
    ],
  )
  const [first, modules] = sources
  assert.ok(first?.kind === 'folder' && modules?.kind === 'folder')
  assert.deepEqual([first.includes, first.excludes], [['base/**', 'apps/**'], []])
  assert.deepEqual([modules.includes, modules.layout], [['mocha', '@ct/*'], 'node_modules'])
})

const tarballs: readonly (readonly [object, string])[] = [
  [{}, 'none'],
  [{ buildDistributionFiles: true }, 'build'],
  [{ registerAsFileLocation: false }, 'keep'],
  [{ registerAsFileLocation: false, buildDistributionFiles: true }, 'keep'],
]

for (const [settings, wanted] of tarballs) {
  test(`sourcesOf() gives packages "${wanted}" tarballs for ${JSON.stringify(settings)}`, () => {
    const [one] = sourcesOf(read({ directoryscanner: { folder: 'js', ...settings } }))
    assert.equal(one?.kind === 'folder' && one.tarballs, wanted)
  })
}

const wrong: readonly (readonly [claim: string, directoryscanner: object, said: RegExp])[] = [
  ['an identifier of its own', list('npmfolder'), /must be another name than directory, npmfolder/],
  ['an identifier twice', list('a', 'a'), /directoriesToScan\[1\]\.identifier/],
  ['an identifier that is a path', list('../a'), /must be letters, digits/],
  ['a url with a query', { url: 'http://x/js?a=b' }, /must be an http or https address/],
  ['a url that is a word', { url: 'js' }, /must be an http or https address/],
  ['a period of no time', { refreshPeriod: 0 }, /refreshPeriod 0/],
  ['a pattern that is empty', { includes: [''] }, /must be a pattern of folders/],
  ['a folder that is a number', { folder: 1 }, /must be the path of a folder/],
]

function list(...identifiers: readonly string[]): object {
  const directoriesToScan = identifiers.map((identifier) => ({ identifier, directory: '/d' }))
  return { directoriesToScan }
}

for (const [claim, directoryscanner, said] of wrong) {
  test(`settings of scanners are refused with ${claim}`, () => {
    assert.throws(() => sourcesOf(read({ directoryscanner })), { message: said })
  })
}

test('addresses and paths of this server are taken for a url', () => {
  for (const url of ['/js/bundles', 'http://x', 'https://x:8443/js/']) {
    const [one] = sourcesOf(read({ directoryscanner: { folder: 'js', url } }))
    assert.equal(one?.kind === 'folder' && one.url, url)
  }
})
