// What a scan found of a package: enough to locate it in the log, and to find its files again.
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import {
  formatRecord,
  normalizeManifest,
  parsePackageJson,
  recordOf,
} from '@stele/formats/manifest'
import type { PackageName, Version } from '@stele/formats/names'
import { formatFileList, type ListedFile } from '@stele/tarball'
import { maxRecordLength } from './limits.ts'

/** Where the files of a package lie. */
export type Place =
  /** `inside`: seen from the scanned folder. */
  | { readonly kind: 'folder'; readonly path: string; readonly inside: string }
  /** Files of an archive below `prefix`; a package.json that is not in it is made. */
  | { readonly kind: 'archive'; readonly path: string; readonly prefix: string }

/** The tarball that a package has. */
export type Distribution = {
  readonly integrity: string
  readonly shasum: string
  /** The zip inside the package that it is made of; of the package's own files where there is none. */
  readonly zip?: string
}

/** A package as a scanner found it. Digests are lower-case hex. */
export type Finding = {
  readonly name: PackageName
  readonly version: Version
  /** The files digest, which names its facts too. */
  readonly files: string
  /** The release record, canonical JSON. */
  readonly record: string
  readonly place: Place
  readonly distribution?: Distribution
  /** When its newest file was written, ms since 1970. */
  readonly modifiedMs: number
}

/** A package's facts: its list of files, and its package.json. Named by the files digest, they prove themselves. */
export type Facts = { readonly list: string; readonly packageJson: Uint8Array }

/** What is said of a package by its files, `packageJson` among them. Throws json_invalid, name_invalid, version_invalid, manifest_invalid. */
export function describe(
  listed: readonly ListedFile[],
  packageJson: Uint8Array,
): Pick<Finding, 'name' | 'version' | 'files' | 'record'> & { readonly facts: Facts } {
  const { fileList: list } = formatFileList(listed)
  const paths = listed.map(({ path }) => path)
  const manifest = normalizeManifest(parsePackageJson(packageJson, 'its package.json'), paths)
  const record = recordOf(manifest)
  const text = formatRecord(record)
  if (text.length > maxRecordLength) {
    const reason = `what it needs takes more than ${maxRecordLength} characters`
    throw new SteleError('json_invalid', { what: 'its package.json', reason })
  }
  return {
    name: record.name,
    version: record.version,
    files: hash('sha256', list, 'hex'),
    record: text,
    facts: { list, packageJson },
  }
}

/** The files of a list, by path. Undefined for a list of another digest. */
export function readList(
  list: string,
  digest: string,
): ReadonlyMap<string, ListedFile> | undefined {
  if (hash('sha256', list, 'hex') !== digest) return undefined
  return new Map(
    list.split('\n').flatMap((line) => {
      const [, mode, size, sha256 = '', path = ''] = lineForm.exec(line) ?? []
      if (mode === undefined) return []
      return [
        [path, { path, mode: mode === '755' ? 755 : 644, size: Number(size), sha256 }] as const,
      ]
    }),
  )
}

const lineForm = /^(644|755) (\d+) ([0-9a-f]{64}) (.+)$/s

/** A file as its list tells of it. */
export function listedOf(path: string, mode: 644 | 755, content: Uint8Array): ListedFile {
  return { path, mode, size: content.length, sha256: hash('sha256', content, 'hex') }
}
