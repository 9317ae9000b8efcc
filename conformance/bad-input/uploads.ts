// Uploads that nobody should take: documents that lie about their tarball, tarballs that lie about themselves, bodies that are none.
import { hash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { makePackage, makeTar, makeTarball } from '../../packages/testkit/src/tarball.ts'
import { uploadOf } from '../registry-client.ts'
import { head, type Place, put, type Row, type Sent } from './row.ts'

const name = 'odd'
const version = '1.0.0'
const manifest = { name, version }
const packageJson = { path: 'package.json', content: JSON.stringify(manifest) }
const good = makePackage(manifest)

type Document = { [member: string]: any } // oxlint-disable-line typescript/no-explicit-any -- It is bent in every way.

/** A good document, bent. */
function document(bend: (document: Document) => void, tarball: Uint8Array = good): Document {
  const bent: Document = JSON.parse(JSON.stringify(uploadOf(manifest, tarball).document))
  bend(bent)
  return bent
}

const attachment = (one: Document): Document => one['_attachments'][`${name}-${version}.tgz`]
const own = (one: Document): Document => one['versions'][version]

function bent(
  title: string,
  code: string,
  status: number,
  bend: (document: Document) => void,
): Row {
  return [title, (place) => put(place, `/${name}`, document(bend)), [status, code]]
}

function packed(title: string, code: string, status: number, tarball: () => Uint8Array): Row {
  return [
    title,
    (place) =>
      put(
        place,
        `/${name}`,
        document(() => undefined, tarball()),
      ),
    [status, code],
  ]
}

function body(title: string, code: string, status: number, text: string | Uint8Array): Row {
  return [title, (place) => put(place, `/${name}`, text), [status, code]]
}

/** A text in which a member stands twice, or has a name that objects have of their own. */
function written(from: string, to: string): string {
  return JSON.stringify(document(() => undefined)).replace(from, to)
}

function chunked(place: Place, pieces: readonly (string | Uint8Array)[]): Sent {
  const headers = {
    host: 'localhost',
    authorization: `Bearer ${place.token}`,
    'transfer-encoding': 'chunked',
  }
  return { pieces: [head({ method: 'PUT', path: `/${name}`, headers }), ...pieces], count: 1 }
}

const mebibyte = 1024 ** 2

export const uploadRows: readonly Row[] = [
  body('a body that is no JSON', 'json_invalid', 400, 'this is no JSON'),
  body('no body', 'request_invalid', 400, ''),
  body('a list', 'request_invalid', 400, '[]'),
  body('bytes that are no UTF-8', 'request_invalid', 400, Buffer.from('{"name":"\xff"}', 'latin1')),
  body('a member twice', 'json_invalid', 400, written('"name":', '"name":"x","name":')),
  body(
    'a version twice',
    'json_invalid',
    400,
    written('"versions":{', `"versions":{"${version}":{},`),
  ),
  body('JSON of 100,000 levels', 'json_invalid', 400, `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
  body('a million values', 'json_invalid', 400, `{"a":[${'0,'.repeat(1e6)}0]}`),
  body(
    'millions of escapes, and nothing else',
    'upload_invalid',
    400,
    `{"a":"${'\\n'.repeat(2.9e6)}"}`,
  ),
  body('a number of millions of digits', 'upload_invalid', 400, `{"a":${'9'.repeat(5e6)}}`),
  [
    'a gzip bomb',
    (place) =>
      put(place, `/${name}`, gzipSync(Buffer.alloc(400 * mebibyte)), {
        'content-encoding': 'gzip',
      }),
    [413, 'body_inflated'],
  ],
  [
    'gzip over the limit once decoded',
    (place) => {
      const bytes = Buffer.from(randomBytes(place.limitBytes).toString('hex'))
      return put(place, `/${name}`, gzipSync(bytes), { 'content-encoding': 'gzip' })
    },
    [413, 'body_too_large'],
  ],
  [
    'a bomb of bombs',
    (place) =>
      put(place, `/${name}`, gzipSync(gzipSync(Buffer.alloc(9 * mebibyte))), {
        'content-encoding': 'gzip',
      }),
    [400, 'request_invalid'],
  ],
  [
    'what is no gzip, called gzip',
    (place) => put(place, `/${name}`, '{}', { 'content-encoding': 'gzip' }),
    [400, 'request_invalid'],
  ],
  [
    'gzip that is cut',
    (place) =>
      put(place, `/${name}`, gzipSync(randomBytes(999)).subarray(0, 99), {
        'content-encoding': 'gzip',
      }),
    [400, 'request_invalid'],
  ],
  [
    'a coding that is not taken',
    (place) => put(place, `/${name}`, '{}', { 'content-encoding': 'br' }),
    [415, 'coding_unsupported'],
  ],
  [
    'a length over the limit, refused before a byte of it is read',
    (place) => {
      const headers = { authorization: `Bearer ${place.token}`, host: 'localhost' }
      const length = { 'content-length': String(place.limitBytes + 1) }
      return {
        pieces: [head({ method: 'PUT', path: `/${name}`, headers: { ...headers, ...length } })],
        count: 1,
      }
    },
    [413, 'body_too_large'],
  ],
  [
    'chunks over the limit, refused as they arrive',
    (place) => {
      const piece = Buffer.concat([
        Buffer.from('100000\r\n'),
        Buffer.alloc(mebibyte, ' '),
        Buffer.from('\r\n'),
      ])
      return chunked(place, Array(place.limitBytes / mebibyte + 1).fill(piece))
    },
    [413, 'body_too_large'],
  ],
  [
    'an upload that is cut off',
    (place) => {
      const [first = '', text = ''] = put(
        place,
        `/${name}`,
        document(() => undefined),
      ).pieces
      return { pieces: [first, Buffer.from(text).subarray(0, -9)], isEnded: true }
    },
    [400, 'request_invalid'],
  ],
  [
    'chunks that are cut off',
    (place) => ({ ...chunked(place, ['5\r\n{"a":']), isEnded: true }),
    [400, 'request_invalid'],
  ],
  [
    'chunks of one byte, tens of thousands',
    (place) => chunked(place, ['1\r\n \r\n'.repeat(50_000), '0\r\n\r\n']),
    [400, 'chunks_too_small'],
  ],

  bent(
    'another length than its tarball has',
    'upload_invalid',
    400,
    (one) => (attachment(one)['length'] += 1),
  ),
  bent('a length that is a text', 'upload_invalid', 400, (one) => {
    attachment(one)['length'] = String(attachment(one)['length'])
  }),
  bent('another sha512', 'upload_invalid', 400, (one) => {
    own(one)['dist'].integrity = `sha512-${hash('sha512', 'x', 'base64')}`
  }),
  bent('one right digest and one wrong', 'upload_invalid', 400, (one) => {
    own(one)['dist'].integrity += ` sha512-${hash('sha512', 'x', 'base64')}`
  }),
  bent(
    'another sha1',
    'upload_invalid',
    400,
    (one) => (own(one)['dist'].shasum = hash('sha1', 'x')),
  ),
  bent(
    'a digest of no known kind',
    'upload_invalid',
    400,
    (one) => (own(one)['dist'].integrity = 'md5-eA=='),
  ),
  bent('no digest', 'upload_invalid', 400, (one) => (own(one)['dist'] = {})),
  bent(
    'base64 with a line break',
    'upload_invalid',
    400,
    (one) => (attachment(one)['data'] += '\n'),
  ),
  bent(
    'base64 of another alphabet',
    'upload_invalid',
    400,
    (one) => (attachment(one)['data'] = '-_-_'),
  ),
  bent('a tarball that is a number', 'upload_invalid', 400, (one) => (attachment(one)['data'] = 7)),
  bent('an empty tarball', 'upload_invalid', 400, (one) => (attachment(one)['data'] = '')),
  bent('two tarballs', 'upload_invalid', 400, (one) => {
    one['_attachments'].other = attachment(one)
  }),
  bent('a tarball called ../../odd', 'upload_invalid', 400, (one) => {
    one['_attachments'] = { [`../../${name}-${version}.tgz`]: attachment(one) }
  }),
  bent('a document of another name', 'upload_invalid', 400, (one) => (one['name'] = 'other')),
  bent('a document of another _id', 'upload_invalid', 400, (one) => (one['_id'] = '../odd')),
  bent('a manifest of another name', 'upload_invalid', 400, (one) => (own(one)['name'] = 'other')),
  bent(
    'a manifest of another version',
    'upload_invalid',
    400,
    (one) => (own(one)['version'] = '2.0.0'),
  ),
  bent('a manifest that its tarball does not have', 'manifest_differs', 400, (one) => {
    own(one)['dependencies'] = { evil: '*' }
  }),
  bent('two versions', 'upload_invalid', 400, (one) => (one['versions']['2.0.0'] = own(one))),
  bent('no version', 'upload_invalid', 400, (one) => (one['versions'] = {})),
  bent('a tag with a slash', 'tag_invalid', 400, (one) => (one['dist-tags'] = { 'a/b': version })),
  bent('a tag with NUL', 'tag_invalid', 400, (one) => (one['dist-tags'] = { 'a\0b': version })),
  bent(
    'a tag that is a version',
    'tag_invalid',
    400,
    (one) => (one['dist-tags'] = { '1.x': version }),
  ),
  bent(
    'a tag of another version',
    'upload_invalid',
    400,
    (one) => (one['dist-tags'] = { latest: '9.0.0' }),
  ),
  bent('eleven tags', 'upload_invalid', 400, (one) => {
    one['dist-tags'] = Object.fromEntries(
      Array.from({ length: 11 }, (_, at) => [`t${at}`, version]),
    )
  }),
  body(
    'a version called __proto__',
    'version_invalid',
    400,
    written(`"versions":{"${version}"`, '"versions":{"__proto__"'),
  ),
  body(
    'versions that are only a __proto__',
    'upload_invalid',
    400,
    written('"versions":', '"__proto__":'),
  ),
  body(
    'an attachment called __proto__',
    'upload_invalid',
    400,
    written(`"_attachments":{"${name}-${version}.tgz"`, '"_attachments":{"__proto__"'),
  ),

  packed('bytes that are no gzip', 'tarball_invalid', 400, () => Buffer.from('no gzip')),
  packed('a tarball that ends early', 'tarball_invalid', 400, () =>
    good.subarray(0, good.length - 20),
  ),
  packed('a tarball with something behind it', 'tarball_invalid', 400, () =>
    Buffer.concat([good, Buffer.from('x')]),
  ),
  packed('an archive that ends early', 'tarball_invalid', 400, () =>
    gzipSync(makeTar([packageJson, { path: 'a', content: 'x'.repeat(9999) }]).subarray(0, 3000)),
  ),
  packed('a tarball without a package.json', 'tarball_invalid', 400, () =>
    makeTarball([{ path: 'a.js' }]),
  ),
  packed('a path out of the package', 'tarball_invalid', 400, () =>
    makeTarball([packageJson, { path: '../../../etc/evil', content: 'x' }]),
  ),
  packed('an absolute path', 'tarball_invalid', 400, () =>
    makeTarball([packageJson, { path: '/etc/evil', content: 'x' }], { prefix: '' }),
  ),
  packed('a path with NUL', 'tarball_invalid', 400, () =>
    makeTarball([packageJson, { path: `a\0${'b'.repeat(120)}`, content: 'x' }]),
  ),
  packed('a path with a backslash', 'tarball_invalid', 400, () =>
    makeTarball([packageJson, { path: '..\\..\\evil', content: 'x' }]),
  ),
  packed('a link with contents', 'tarball_invalid', 400, () =>
    makeTarball([packageJson, { path: 'a', type: '2', linkpath: '/etc/passwd', content: 'x' }]),
  ),
  packed('a tarball that unpacks to 200 times its size', 'tarball_too_large', 413, () =>
    makePackage(manifest, { 'a.bin': Buffer.alloc(65 * mebibyte) }),
  ),
  packed('a package.json that is a list', 'json_invalid', 400, () =>
    makeTarball([{ path: 'package.json', content: '[' }]),
  ),
  packed('a package.json of 100,000 levels', 'json_invalid', 400, () =>
    makeTarball([{ path: 'package.json', content: `${'['.repeat(1e5)}${']'.repeat(1e5)}` }]),
  ),
  packed('a package.json of another name', 'upload_invalid', 400, () =>
    makePackage({ ...manifest, name: 'other' }),
  ),
  packed('a package.json of 2 MiB', 'tarball_too_large', 413, () =>
    makePackage({ ...manifest, x: 'x'.repeat(2 * mebibyte) }),
  ),
  packed('100 KB of members that nobody needs', 'package_too_large', 413, () =>
    makePackage({ ...manifest, x: 'x'.repeat(100_000) }),
  ),
]
