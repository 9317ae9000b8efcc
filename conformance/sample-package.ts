// A small package as npm would publish it: its tarball, and the document around it. The same bytes every time.
import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** The publish document of a package that holds a package.json and an index.js (npm-wire B1). */
export function publishDocument(name: string, version: string): Readonly<Record<string, unknown>> {
  const manifest = { name, version, description: `The package ${name}`, main: 'index.js' }
  const tarball = packageTarball(manifest)
  const dist = {
    integrity: `sha512-${hash('sha512', tarball, 'base64')}`,
    shasum: hash('sha1', tarball, 'hex'),
    tarball: `http://localhost:1/${name}/-/${name}-${version}.tgz`,
  }
  return {
    _id: name,
    name,
    description: manifest.description,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    access: null,
    _attachments: {
      [`${name}-${version}.tgz`]: {
        content_type: 'application/octet-stream',
        data: tarball.toString('base64'),
        length: tarball.length,
      },
    },
  }
}

/** What mnpm puts for a package of the same files, which depends on left-pad. */
export function moduleDocument(
  name: string,
  version: string,
  dependencies: Readonly<Record<string, string>> = { 'left-pad': '^1.0.0' },
): Readonly<Record<string, unknown>> {
  const tarball = packageTarball({ name, version, main: 'index.js', dependencies })
  const list = Object.entries(dependencies).map(([of, wanted]) => ({ name: of, version: wanted }))
  return { name, version, dependencies: list, tarball: tarball.toString('base64') }
}

/** The tarball of that package. */
function packageTarball(manifest: Readonly<Record<string, unknown>>): Buffer {
  const files = [
    tarFile('package/package.json', `${JSON.stringify(manifest, null, 2)}\n`),
    tarFile('package/index.js', 'module.exports = 1\n'),
  ]
  return gzipSync(Buffer.concat([...files, Buffer.alloc(1024)]))
}

/** A ustar header and the content, padded to 512 bytes. */
function tarFile(path: string, text: string): Buffer {
  const content = Buffer.from(text)
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write('000644 \x00', 100)
  header.write('000000 \x00000000 \x00', 108)
  header.write(`${content.length.toString(8).padStart(11, '0')} `, 124)
  header.write('03556045600 ', 136) // 1985-10-26, as npm packs.
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}
