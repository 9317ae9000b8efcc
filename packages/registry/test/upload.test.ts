// Faults of publish documents, one a row: what a broken or hostile client sends, and what it hears.
import assert from 'node:assert/strict'
import test from 'node:test'
import { isSteleError } from '@stele/errors'
import { makePackage } from '@stele/testkit'
import { readUpload } from '../src/upload.ts'
import { nameOf, type Packument, publishDocument } from './world.ts'

const manifest = {
  name: '@s/p',
  version: '1.0.0',
  dependencies: { a: '1' },
  bin: { p: 'p.js' },
  engines: { node: '>=1' },
}
const file = '@s/p-1.0.0.tgz'

function document(change: (document: Packument) => void = () => {}): Packument {
  const made = publishDocument(manifest)
  change(made)
  return made
}

const attachment = (made: Packument): Packument => made._attachments[file]
const version = (made: Packument): Packument => made.versions['1.0.0']

test('readUpload() takes what npm sends when all is well', () => {
  const { release, tags, isRestricted } = readUpload(nameOf('@s/p'), document())
  assert.equal(release.name, '@s/p')
  assert.deepEqual(tags, ['latest'])
  assert.equal(isRestricted, false)
})

const taken: readonly [what: string, (made: Packument) => void][] = [
  [
    'the attachment has the short name',
    (d) => {
      d._attachments = { 'p-1.0.0.tgz': attachment(d) }
    },
  ],
  [
    'the attachments come first',
    (d) => {
      const { _attachments, ...rest } = d
      for (const key of Object.keys(d)) delete d[key]
      Object.assign(d, { _attachments }, rest)
    },
  ],
  ['there is no shasum', (d) => delete version(d).dist.shasum],
  ['there is no integrity', (d) => delete version(d).dist.integrity],
  [
    'integrity has two hashes',
    (d) => {
      version(d).dist.integrity +=
        ` sha1-${Buffer.from(version(d).dist.shasum, 'hex').toString('base64')}`
    },
  ],
  ['there are no tags', (d) => delete d['dist-tags']],
  [
    'the manifest is normalised already',
    (d) => {
      version(d).bin = { p: './p.js' }
    },
  ],
  [
    'members of the manifest differ that no installer reads',
    (d) => {
      version(d).description = 'other'
      version(d).devDependencies = { x: '1' }
      version(d).readme = 'x'
      version(d).gitHead = 'x'
    },
  ],
]
test('readUpload() takes 1.0.0+build for 1.0.0, as npm does, when bun or yarn 4 sends it uncleaned', () => {
  const made = publishDocument({ ...manifest, version: '1.0.0+build' })
  for (const name of ['@s/p-1.0.0+build.tgz', 'p-1.0.0+build.tgz', '@s/p-1.0.0.tgz']) {
    const [attached] = Object.values(made._attachments)
    const upload = readUpload(nameOf('@s/p'), { ...made, _attachments: { [name]: attached } })
    assert.equal(upload.release.version, '1.0.0')
    assert.equal(upload.release.record.version, '1.0.0')
    assert.deepEqual(upload.tags, ['latest'])
  }
})

for (const [what, change] of taken) {
  test(`readUpload() takes a document when ${what}`, () => {
    assert.equal(readUpload(nameOf('@s/p'), document(change)).release.version, '1.0.0')
  })
}

const refused: readonly [what: string, code: string, (made: Packument) => void][] = [
  ['the name is another', 'upload_invalid', (d) => (d.name = 'p')],
  ['the id is another', 'upload_invalid', (d) => (d._id = 'p')],
  ['there is no name', 'upload_invalid', (d) => delete d.name],
  ['the manifest has another name', 'upload_invalid', (d) => (version(d).name = 'p')],
  ['the manifest has another version', 'upload_invalid', (d) => (version(d).version = '1.0.1')],
  ['there are two versions', 'upload_invalid', (d) => (d.versions['1.0.1'] = version(d))],
  ['there is no version', 'upload_invalid', (d) => (d.versions = {})],
  ['versions is a list', 'upload_invalid', (d) => (d.versions = [version(d)])],
  ['the manifest is null', 'upload_invalid', (d) => (d.versions['1.0.0'] = null)],
  ['the version is not clean', 'version_invalid', (d) => (d.versions = { 'v1.0.0': version(d) })],
  [
    'the version is __proto__',
    'version_invalid',
    (d) => (d.versions = JSON.parse('{"__proto__": {}}')),
  ],
  ['a tag points elsewhere', 'upload_invalid', (d) => (d['dist-tags'].next = '2.0.0')],
  ['a tag is a range', 'tag_invalid', (d) => (d['dist-tags'] = { '1.x': '1.0.0' })],
  [
    'there are eleven tags',
    'upload_invalid',
    (d) => {
      for (const tag of 'abcdefghijk') d['dist-tags'][tag] = '1.0.0'
    },
  ],
  ['there is no attachment', 'upload_invalid', (d) => (d._attachments = {})],
  [
    'there are two tarballs',
    'upload_invalid',
    (d) => (d._attachments['p-1.0.1.tgz'] = attachment(d)),
  ],
  [
    'the attachment is called otherwise',
    'upload_invalid',
    (d) => (d._attachments = { 'x.tgz': attachment(d) }),
  ],
  [
    'there is provenance',
    'provenance_refused',
    (d) => (d._attachments['@s/p-1.0.0.sigstore'] = { data: '{}' }),
  ],
  ['the data is no text', 'upload_invalid', (d) => (attachment(d).data = [1])],
  ['the data is empty', 'upload_invalid', (d) => (attachment(d).data = '')],
  [
    'the base64 has spaces',
    'upload_invalid',
    (d) => (attachment(d).data = ` ${attachment(d).data}`),
  ],
  [
    'the base64 is of the URL kind',
    'upload_invalid',
    (d) => (attachment(d).data = attachment(d).data.replaceAll('+', '-').replaceAll('/', '_')),
  ],
  [
    'the base64 is cut',
    'upload_invalid',
    (d) => (attachment(d).data = attachment(d).data.slice(0, -1)),
  ],
  ['the base64 has junk at its end', 'upload_invalid', (d) => (attachment(d).data += '!!!!')],
  ['the length is wrong', 'upload_invalid', (d) => (attachment(d).length += 1)],
  [
    'the length is a text',
    'upload_invalid',
    (d) => (attachment(d).length = String(attachment(d).length)),
  ],
  ['there is no length', 'upload_invalid', (d) => delete attachment(d).length],
  ['the shasum is wrong', 'upload_invalid', (d) => (version(d).dist.shasum = '0'.repeat(40))],
  ['the shasum is a number', 'upload_invalid', (d) => (version(d).dist.shasum = 1)],
  [
    'the integrity is wrong',
    'upload_invalid',
    (d) => (version(d).dist.integrity = `sha512-${'A'.repeat(86)}==`),
  ],
  [
    'one of two hashes is wrong',
    'upload_invalid',
    (d) => (version(d).dist.integrity += ' sha1-AAAA'),
  ],
  [
    'the integrity is of an unknown kind',
    'upload_invalid',
    (d) => (version(d).dist.integrity = 'md5-AAAA'),
  ],
  ['the integrity is no text', 'upload_invalid', (d) => (version(d).dist.integrity = 5)],
  ['there is neither integrity nor shasum', 'upload_invalid', (d) => (version(d).dist = {})],
]
for (const [what, code, change] of refused) {
  test(`readUpload() throws ${code} when ${what}`, () => {
    assert.throws(
      () => readUpload(nameOf('@s/p'), document(change)),
      (error) => isSteleError(error) && error.code === code,
    )
  })
}

const confusions: readonly [member: string, change: Record<string, unknown>][] = [
  ['dependencies', { dependencies: { a: '1', evil: '1' } }],
  ['dependencies', { dependencies: {} }],
  ['optionalDependencies', { optionalDependencies: { evil: '1' } }],
  ['peerDependencies', { peerDependencies: { evil: '1' } }],
  ['peerDependenciesMeta', { peerDependenciesMeta: { evil: { optional: true } } }],
  ['bin', { bin: { p: 'evil.js' } }],
  ['engines', { engines: { node: '>=99' } }],
  ['os', { os: ['linux'] }],
  ['cpu', { cpu: ['x64'] }],
  ['libc', { libc: 'musl' }],
  ['hasInstallScript', { scripts: { postinstall: 'evil' } }],
]
for (const [member, change] of confusions) {
  test(`readUpload() throws manifest_differs when the manifest has other ${member}: ${JSON.stringify(change)}`, () => {
    assert.throws(
      () =>
        readUpload(
          nameOf('@s/p'),
          document((d) => Object.assign(version(d), change)),
        ),
      (error) => isSteleError(error, 'manifest_differs') && error.details.members.includes(member),
    )
  })
}

test('readUpload() throws manifest_differs when only the tarball has an install script', () => {
  const hidden = publishDocument({ ...manifest, scripts: { install: 'evil' } })
  delete version(hidden).scripts
  assert.throws(
    () => readUpload(nameOf('@s/p'), hidden),
    (error) => isSteleError(error, 'manifest_differs'),
  )
})

test('readUpload() throws upload_invalid when the tarball is of another package', () => {
  for (const other of [
    { ...manifest, name: 'q' },
    { ...manifest, version: '1.0.1' },
  ]) {
    const theirs = publishDocument(other)
    const made = document((d) => {
      d._attachments = { [file]: Object.values(theirs._attachments)[0] }
      version(d).dist = Object.values<Packument>(theirs.versions)[0].dist
    })
    assert.throws(
      () => readUpload(nameOf('@s/p'), made),
      (error) => isSteleError(error, 'upload_invalid'),
    )
  }
})

test('readUpload() throws tarball_too_large before it decodes when the data is huge', () => {
  const data = 'A'.repeat(360 * 1024 * 1024)
  assert.throws(
    () =>
      readUpload(
        nameOf('@s/p'),
        document((d) => (attachment(d).data = data)),
      ),
    (error) => isSteleError(error, 'tarball_too_large'),
  )
})

test('readUpload() never throws anything but an error of the catalogue when a document is odd', () => {
  const odd: readonly unknown[] = [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { name: '@s/p', versions: { '1.0.0': {} } },
    makePackage(manifest),
  ]
  for (const one of odd) {
    assert.throws(() => readUpload(nameOf('@s/p'), one), isSteleError)
  }
})

const lookalikes = [
  'Package.json',
  'PACKAGE.JSON/x',
  'pac\u212aage.json',
  'package.json.',
  'package.json .',
  'PACKAG~1.JSO',
  'binding.GYP',
  'npm-shrinkwrap.Json',
]
for (const path of lookalikes) {
  test(`readUpload() refuses a tarball that holds ${JSON.stringify(path)} beside its package.json`, () => {
    const made = publishDocument(manifest, { files: { [path]: '{}' } })
    assert.throws(
      () => readUpload(nameOf('@s/p'), made),
      (error) => isSteleError(error, 'upload_invalid'),
    )
  })
}

test('readUpload() takes files below the root and others that differ in case alone', () => {
  const files = { 'lib/Package.json': '{}', README: '1', readme: '2', 'package.json5': '3' }
  assert.equal(
    readUpload(nameOf('@s/p'), publishDocument(manifest, { files })).release.fileCount,
    5,
  )
})

test('readUpload() refuses a tarball that unpacks to more than an upload may', () => {
  const made = publishDocument(manifest, { files: { zeros: '0'.repeat(1 << 20) } })
  assert.equal(readUpload(nameOf('@s/p'), made).release.fileCount, 2)
  assert.throws(
    () => readUpload(nameOf('@s/p'), made, { maxUnpackedBytes: 1 << 20 }),
    (error) => isSteleError(error, 'tarball_too_large'),
  )
})
