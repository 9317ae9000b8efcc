// What an upstream's packument says of its releases: what of each is pinned at first sight. Spec: release.md, "Observed".
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { type PackageName, parseVersion, strongestIntegrity } from '@stele/formats/names'
import type { ChunkLine } from '@stele/formats/values'
import { createRecordTexts, type RecordTexts } from './record-texts.ts'

/** Stands in a packument that is kept for the base address of each tarball. Raw control characters are in no JSON text. */
export const baseMark = '\u0000'

/** A release as an upstream shows it. */
export type ShownRelease = ChunkLine & {
  /** Canonical JSON of the record. */
  readonly recordText: string
  /** Where the upstream has its tarball. */
  readonly tarball: string
  /** As it stands in the packument. */
  readonly manifest: JsonObject
}

/** A packument taken apart: what nobody could install is left out, and why is said of each. */
export type Shown = {
  readonly releases: readonly ShownRelease[]
  readonly dropped: readonly { readonly version: string; readonly reason: string }[]
}

/**
 * The releases that a packument shows, full or abbreviated, in its order. What of it is no packument of this name at all
 * is refused: throws upstream_answer_odd. A version that is odd by itself is dropped.
 */
export function readShown(document: JsonValue, name: PackageName): Shown {
  const versions = versionsOf(document, name)
  const recordText = createRecordTexts()
  const releases: ShownRelease[] = []
  const dropped: { version: string; reason: string }[] = []
  for (const [version, manifest] of Object.entries(versions)) {
    try {
      releases.push(readRelease({ name, version, manifest }, recordText))
    } catch (error) {
      if (!isSteleError(error)) throw error
      dropped.push({ version: version.slice(0, 256), reason: error.message })
    }
  }
  return { releases, dropped }
}

function versionsOf(document: JsonValue, name: PackageName): JsonObject {
  const odd = (reason: string): SteleError =>
    new SteleError('upstream_answer_odd', { name, reason })
  if (!isJsonObject(document)) throw odd('it is not an object')
  if (document['name'] !== name) throw odd('it is of another package')
  const versions = document['versions'] ?? {}
  if (!isJsonObject(versions)) throw odd('"versions" is not an object')
  return versions
}

type Asked = { readonly name: PackageName; readonly version: string; readonly manifest: JsonValue }

function readRelease({ name, version, manifest }: Asked, recordText: RecordTexts): ShownRelease {
  const odd = (member: string, reason: string): SteleError =>
    new SteleError('manifest_invalid', { spec: `${name}@${version.slice(0, 256)}`, member, reason })
  const clean = parseVersion(version)
  if (!isJsonObject(manifest)) throw odd('it', 'is not an object')
  if (manifest['name'] !== name) throw odd('name', 'is of another package')
  if (manifest['version'] !== version) throw odd('version', 'is another one')
  const { dist } = manifest
  if (!isJsonObject(dist)) throw odd('dist', 'is not an object')
  const { tarball, integrity, shasum } = dist
  if (typeof tarball !== 'string') throw odd('dist.tarball', 'is not a string')
  const text = recordText(manifest, clean)
  return {
    version: clean,
    integrity: strongestIntegrity({ integrity: textOf(integrity), shasum: textOf(shasum) }),
    recordDigest: hash('sha256', text, 'hex'),
    recordText: text,
    tarball,
    manifest,
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
