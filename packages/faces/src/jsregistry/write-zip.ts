// The zip of a release: the same bytes each time, on every machine.
import { buffer } from 'node:stream/consumers'
import type { TarballFile } from '@stele/tarball'
import { ZipFile } from 'yazl'

/**
 * An archive of the files, in their order, with package.json at its root. They are stored as they are: what deflate makes of them
 * differs between versions of zlib and between processors, and the digest of a zip must not.
 */
export async function writeZip(
  files: Iterable<Pick<TarballFile, 'path' | 'mode' | 'content'>>,
): Promise<Buffer> {
  const zip = new ZipFile()
  for (const { path, mode, content } of files) {
    zip.addBuffer(Buffer.from(content.buffer, content.byteOffset, content.length), path, {
      mtime: firstDay,
      mode: mode === 755 ? 0o100755 : 0o100644,
      compress: false,
      forceDosTimestamp: true,
    })
  }
  zip.end()
  return buffer(zip.outputStream)
}

/** The first day that a zip can tell. Local time is what a zip has, so that this is the same bytes in every zone. */
const firstDay = new Date(1980, 0, 1)
