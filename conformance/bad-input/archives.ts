// Zips and JARs that nobody should take, sent to the JS Registry's upload: each is refused whole, whatever sound packages it holds.
import { constants, deflateRawSync } from 'node:zlib'
import { type MadeEntry, makeZip } from '../../packages/faces/test/make-zip.ts'
import { ask, type Row } from './row.ts'

const packageJson: MadeEntry = {
  path: 'good/package.json',
  content: JSON.stringify({ name: 'in-an-archive', version: '1.0.0' }),
}

/** A file of 10 GB, deflated to 10 MB, which says that it has so many bytes. */
function bomb(size: number): MadeEntry {
  const block = deflateRawSync(Buffer.alloc(32 * 2 ** 20), { finishFlush: constants.Z_FULL_FLUSH })
  return { path: 'bomb', size, data: Buffer.concat(Array<Buffer>(320).fill(block)) }
}

/** Ten files of 1 GB each that are the same 1 MB: as many bytes as deflate can make of it, and ten times that. */
function sharedBomb(): readonly MadeEntry[] {
  const block = deflateRawSync(Buffer.alloc(32 * 2 ** 20), { finishFlush: constants.Z_FULL_FLUSH })
  const data = Buffer.concat(Array<Buffer>(32).fill(block))
  const names = Array.from({ length: 10 }, (_, at) => `bomb${at}`)
  return names.map((path, at) => ({
    path,
    data,
    size: 2 ** 30,
    ...(at === 0 ? {} : { overlaps: true }),
  }))
}

function archive(title: string, zip: () => Uint8Array, code = 'upload_invalid', status = 400): Row {
  return [
    title,
    (place) => {
      const text = '--cut\r\ncontent-disposition: form-data; name="file"; filename="a.jar"\r\n\r\n'
      const headers = {
        authorization: `Bearer ${place.token}`,
        'content-type': 'multipart/form-data; boundary=cut',
      }
      const body = Buffer.concat([Buffer.from(text), zip(), Buffer.from('\r\n--cut--\r\n')])
      const path = '/resources/jsregistry/upload'
      return { pieces: ask({ method: 'POST', path, headers }, body), count: 1 }
    },
    [status, code],
  ]
}

/** The archive holds a sound package besides. */
function entry(title: string, entry: MadeEntry, code?: string): Row {
  return archive(title, () => makeZip([packageJson, entry]), code)
}

const sound = makeZip([packageJson, { path: 'good/index.js', content: 'x'.repeat(1000) }])

/** Each row: what is sent, and what comes back. Memory is looked at beside them. */
export const archiveRows: readonly Row[] = [
  archive('nothing at all', () => Buffer.alloc(0)),
  archive('text in place of an archive', () => Buffer.from('hello '.repeat(1000))),
  archive('an archive that is cut', () => sound.subarray(0, -40)),
  archive('an archive whose start is missing', () => sound.subarray(40)),
  archive('an archive without packages', () => makeZip([{ path: 'index.js' }])),
  entry('a path that leaves the folder', { path: 'good/../../x' }),
  entry('an absolute path', { path: '/etc/x' }),
  entry('a path with a drive', { path: 'C:/x' }),
  entry('a path with a backslash', { path: '..\\x' }),
  entry('a path with a NUL', { path: 'good/a\0b' }),
  entry('a path in an old encoding', { path: 'good/ä', flags: 0 }),
  entry('a path that is not UTF-8', { path: Uint8Array.of(0xff, 0xfe) }),
  entry('a link', { path: 'good/link', content: '/etc/passwd', mode: 0o120777 }),
  entry('a device', { path: 'good/null', mode: 0o020666 }),
  entry('the same path twice', packageJson),
  entry('a file that is a folder too', { path: 'good/package.json/x' }),
  entry('an encrypted file', { path: 'good/secret', flags: 0x801 }),
  entry('another compression', { path: 'good/x', method: 14 }),
  entry('a wrong checksum', { path: 'good/x', content: 'x', crc: 1 }),
  entry('another name before the data', { path: 'good/x', localPath: 'evil/x' }),
  archive('a count that leaves files out', () => makeZip([packageJson, { path: 'x' }], 1)),
  archive('100,000 files', () =>
    makeZip(Array.from({ length: 100_000 }, (_, at) => ({ path: `f${at}`, method: 0 }))),
  ),
  archive('a bomb of 10 GB', () => makeZip([packageJson, bomb(0xfffffffe)])),
  archive('a bomb of 10 GB in 1 MB', () => makeZip([packageJson, ...sharedBomb()])),
  archive('a bomb of 10 GB that says it is small', () => makeZip([packageJson, bomb(2 ** 25)])),
  archive('a package.json of 60 MB, of empty objects', () =>
    makeZip([
      {
        path: 'package.json',
        content: `{"name":"a","version":"1.0.0","x":[${'{},'.repeat(2e7)}0]}`,
      },
    ]),
  ),
  archive('the same release twice', () =>
    makeZip([packageJson, { ...packageJson, path: 'again/package.json' }]),
  ),
  archive('more bytes than are taken', () => Buffer.alloc(33 * 2 ** 20), 'body_too_large', 413),
]
