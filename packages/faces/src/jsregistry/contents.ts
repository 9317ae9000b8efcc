// The files of a release, out of its tarball: for whoever asks for one of them, and for the zip of all.
import { SteleError } from '@stele/errors'
import { hexOfIntegrity, type PackageName } from '@stele/formats/names'
import type { Draft } from '@stele/http/routes'
import { tarballFile } from '@stele/releases/release'
import { readTarball, type TarballFile } from '@stele/tarball'
import { maxContentsBytes, maxContentsKeptBytes, maxContentsWaiting } from '../limits.ts'
import { showTarball } from '../npm/tarball.ts'
import { bytesOf } from './body-bytes.ts'
import { type FoundLocated, findLocated, isLocated } from './located.ts'
import type { JsRegistryPorts, LocatedVersion } from './ports.ts'
import { createTurns } from './turns.ts'

/** A release that is asked for. */
export type AskedRelease = {
  readonly name: PackageName
  readonly version: string
  readonly client: string
}

/** The files of a release by path, and what names them: the ETag of its tarball. */
type Contents = {
  readonly etag: string
  readonly files: ReadonlyMap<string, TarballFile>
}

/** Reads the files of a release. Throws what reading its tarball throws, tarball_invalid, tarball_too_large, server_busy. */
export type ReadContents = (asked: AskedRelease) => Promise<Contents>

/** One release is unpacked at a time, and the last ones are kept. An upstream that drips holds up nobody but who waits for upstreams. */
export function createContents(
  ports: Pick<JsRegistryPorts, 'registry' | 'log' | 'located'>,
): ReadContents {
  const kept = new Map<string, Contents & { readonly size: number }>()
  let keptBytes = 0

  function keep(etag: string, contents: Contents & { readonly size: number }): void {
    kept.set(etag, contents)
    keptBytes += contents.size
    for (const [oldest, { size }] of kept) {
      if (keptBytes <= maxContentsKeptBytes || oldest === etag) return
      kept.delete(oldest)
      keptBytes -= size
    }
  }

  /** A tarball that the log keeps may have been taken down since it was read. */
  function refuseTakenDown({ name, version, distribution }: LocatedVersion): void {
    if (distribution === undefined) return
    const reason = ports.log.takenDown(hexOfIntegrity(distribution.integrity))
    if (reason === undefined) return
    throw new SteleError('taken_down', { spec: `${name}@${version}`, reason })
  }

  /** What is located lies elsewhere, and may have changed meanwhile: only its digest says that it is the same. */
  async function readLocated({ reads, one }: FoundLocated): Promise<Contents> {
    refuseTakenDown(one)
    const etag = `"located-${one.files}"`
    const found = kept.get(etag)
    if (found !== undefined) return found
    const all = await reads.allFiles(one)
    const size = all.reduce((sum, file) => sum + file.size, 0)
    const contents = { etag, files: new Map(all.map((file) => [file.path, file])), size }
    keep(etag, contents)
    return contents
  }

  async function read({ name, version, client }: AskedRelease): Promise<Contents> {
    const located = findLocated(ports, name, version)
    if (located !== undefined) return readLocated(located)
    const file = tarballFile(name, version)
    const draft = await showTarball({ name, file, client }, ports)
    const { etag = '' } = draft
    const found = kept.get(etag)
    if (found !== undefined) {
      kept.delete(etag)
      kept.set(etag, found) // It is the newest again.
      await endOf(draft)
      return found
    }
    const bytes = await bytesOf(draft.body, maxContentsBytes)
    const { files, unpackedSize } = readTarball(bytes, { maxUnpackedBytes: maxContentsBytes })
    const byPath = new Map(files.map((one) => [one.path, one]))
    const contents = { etag, files: byPath, size: unpackedSize }
    keep(etag, contents)
    return contents
  }

  const reason = 'too many packages are being unpacked'
  const busy = { reason, retryAfterS: 1 }
  const inTurn = createTurns(maxContentsWaiting, busy)
  const inUpstreamsTurn = createTurns(maxContentsWaiting, busy)
  return (asked) => {
    const isHere = ports.registry.isOwn(asked.name) || isLocated(ports, asked.name)
    return (isHere ? inTurn : inUpstreamsTurn)(() => read(asked))
  }
}

/** What comes from an upstream is let go of. */
async function endOf({ body }: Draft): Promise<void> {
  if (body === undefined || !(Symbol.asyncIterator in body)) return
  await body[Symbol.asyncIterator]().return?.()
}
