// A registry of made packages: packuments and tarballs as files, for what needs no registry that can do more.
import { createHash } from 'node:crypto'
import { makePackage } from '../packages/testkit/src/index.ts'
import { type FileServer, startFiles } from './static-files.ts'

/** What a test writes of a version: its package.json without name and version. */
export type MadePackages = {
  readonly [name: string]: { readonly [version: string]: { readonly [member: string]: unknown } }
}

/** Shows these packages; the highest version that is written last is the latest; `more` is what packuments say besides. */
export async function startPackages(
  made: MadePackages,
  more: object = { modified: '2020-01-01T00:00:00.000Z' },
): Promise<FileServer> {
  const server = await startFiles(new Map())
  const files = new Map<string, Uint8Array>()
  for (const [name, versions] of Object.entries(made)) {
    const shown = Object.entries(versions).map(([version, members]) => {
      const manifest = { ...members, name, version }
      const bytes = makePackage(manifest)
      const path = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`
      files.set(path, bytes)
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      return [version, { ...manifest, dist: { tarball: `${server.url}${path}`, integrity } }]
    })
    const packument = {
      name,
      'dist-tags': { latest: Object.keys(versions).at(-1) },
      versions: Object.fromEntries(shown),
      ...more,
    }
    files.set(`/${name.replace('/', '%2f')}`, Buffer.from(JSON.stringify(packument)))
  }
  server.show(files)
  return server
}
