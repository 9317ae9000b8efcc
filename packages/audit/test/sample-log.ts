// Small logs to be verified, served from a map, with a registry's formats reduced to what these tests need.
import { hash } from 'node:crypto'
import type { Executor } from '@stele/entries'
import { canonicalJson, isJsonObject, type JsonValue, parseJson } from '@stele/formats'
import { createNotesExecutor, LogBuilder, type NotesOptions } from '@stele/testkit'
import type { ServedDifference, VerifyOptions, VerifyPorts } from '../src/index.ts'
import { verifyRegistry } from '../src/index.ts'
import type { VerifyReport } from '../src/report.ts'

export const origin = 'registry.example'
export const url = 'https://registry.example'

/** The script that new logs begin with, and the one that these tests change to. */
export const knownRules: readonly string[] = [hash('sha512', 'one'), hash('sha512', 'two')]

export function newLog(): LogBuilder {
  return new LogBuilder({ origin, createExecutor: stateless })
}

/** The notes script without its memory, as the registry's rules are run. */
export function stateless(options: NotesOptions): Executor {
  const { init, call } = createNotesExecutor(options)
  return { init, call }
}

/** A tarball of these tests: any text. */
export function tarballText(name: string, version: string): string {
  return `tarball of ${name}@${version}`
}

/** Publishes as the rules would write it. Gives the entry's index. */
export function publish(log: LogBuilder, name: string, version: string): number {
  const tarball = Buffer.from(tarballText(name, version))
  const sha512 = log.addBlob(tarball)
  const digest = hash('sha256', tarball)
  const contents = canonicalJson({ files: digest, manifest: digest, sha512, size: tarball.length })
  const directory = `/packages/${encodeURIComponent(name).replace('%40', '@')}`
  return log.call('alice', 'put', [
    ['/packages', `${directory.slice('/packages/'.length)}/`, ''],
    [directory, 'origin', 'hosted'],
    [`${directory}/contents`, version, contents],
    [`${directory}/tags`, 'latest', version],
    [`${directory}/versions`, version, canonicalJson({ record: tarballText(name, version) })],
  ])
}

/** The packument of these tests. */
export function packument(log: LogBuilder, name: string): string {
  const directory = `/packages/${encodeURIComponent(name).replace('%40', '@')}`
  const versions = log.state.list(`${directory}/versions`).map((version) => {
    const tarball = `https://elsewhere.example/npm/${name}/-/${version}.tgz`
    return [version, { dist: { tarball } }] as const
  })
  const latest = Buffer.from(log.state.get(`${directory}/tags`, 'latest') ?? '').toString()
  return JSON.stringify({ name, latest, versions: Object.fromEntries(versions) })
}

/** The log's files, and what is served of these packages. */
export function serve(log: LogBuilder, names: readonly string[] = []): Map<string, Uint8Array> {
  const files = log.files()
  for (const name of names) {
    const segment = encodeURIComponent(name).replace('%40', '@')
    const text = packument(log, name)
    files.set(`/${segment}`, Buffer.from(text))
    const { versions } = JSON.parse(text)
    for (const version of Object.keys(versions)) {
      files.set(`/${name}/-/${version}.tgz`, Buffer.from(tarballText(name, version)))
    }
  }
  return files
}

/** Verifies what a map serves. */
export function verifyFiles(
  files: ReadonlyMap<string, Uint8Array>,
  changes: Partial<VerifyPorts & VerifyOptions> = {},
): Promise<VerifyReport> {
  const { key, tarballs = true, rules = knownRules, ...ports } = changes
  const options = { url, tarballs, rules, ...(key === undefined ? {} : { key }) }
  return verifyRegistry({ ...portsOver(files), ...ports }, options)
}

export function portsOver(files: ReadonlyMap<string, Uint8Array>): VerifyPorts {
  return {
    fetch: async (path, maxBytes, accept) => {
      const plain = path.replace('%2f', '%2F')
      const isAbbreviated = accept?.includes('install-v1') === true
      const bytes =
        (isAbbreviated ? files.get(`${plain} abbreviated`) : undefined) ?? files.get(plain)
      if (bytes === undefined) return { status: 404, bytes: new Uint8Array(0) }
      return { status: 200, bytes: bytes.subarray(0, maxBytes + 1) }
    },
    createExecutor: stateless,
    replayed: () => undefined,
    checkRelease: ({ tarball, versionsValue }) => {
      const [found, value] = [Buffer.from(tarball).toString(), parseJson(versionsValue, 'value')]
      const record = isJsonObject(value) ? value['record'] : undefined
      const wanted = typeof record === 'string' ? record : 'none'
      return found === wanted ? [] : [{ what: 'its record', found, wanted }]
    },
    compareServed,
    progress: () => undefined,
    nowMs: () => 1_800_000_100_000,
  }
}

function compareServed({
  name,
  served,
  state,
}: Parameters<VerifyPorts['compareServed']>[0]): readonly ServedDifference[] {
  const directory = `/packages/${encodeURIComponent(name).replace('%40', '@')}`
  const wanted = Buffer.from(state.get(`${directory}/tags`, 'latest') ?? '').toString()
  const found = isJsonObject(served) ? served['latest'] : (served as JsonValue | undefined)
  if (found === wanted || (found === undefined && wanted === '')) return []
  return [
    { what: 'its latest version', found: JSON.stringify(found) ?? 'nothing', wanted, entry: null },
  ]
}

/** The file with one byte changed. */
export function flip(
  files: Map<string, Uint8Array>,
  path: string,
  position: number,
  bit = 1,
): void {
  const bytes = Uint8Array.from(files.get(path) ?? [])
  bytes[position] = (bytes[position] ?? 0) ^ bit
  files.set(path, bytes)
}
