// Small logs to be verified, served from a map, with a registry's formats reduced to what these tests need.
import { hash } from 'node:crypto'
import type { Executor } from '@stele/entries/calls'
import { canonicalJson } from '@stele/formats/json'
import { createNotesExecutor, LogBuilder, type NotesOptions } from '@stele/testkit'
import type { VerifyOptions, VerifyPorts } from '../src/index.ts'
import { type Verification, verifyService } from '../src/index.ts'
import type { AuditedState, ServiceChecks } from '../src/public/checks.ts'
import type { VerifyReport } from '../src/report.ts'

export const origin = 'registry.example'
export const url = 'https://registry.example'

/** The script that new logs begin with, and the one that these tests change to. */
const knownRules: readonly string[] = [hash('sha512', 'one'), hash('sha512', 'two')]

export function newLog(
  changes: { readonly origin?: string; readonly keySeed?: string } = {},
): LogBuilder {
  return new LogBuilder({ origin, ...changes, createExecutor: stateless })
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

type Changes = Partial<VerifyPorts & VerifyOptions>

/** Verifies what a map serves. */
export async function verifyFiles(
  files: ReadonlyMap<string, Uint8Array>,
  changes: Changes = {},
): Promise<VerifyReport> {
  return (await verifyAndKeep(files, changes)).report
}

/** The same, with what is to be kept. */
export function verifyAndKeep(
  files: ReadonlyMap<string, Uint8Array>,
  changes: Changes = {},
): Promise<Verification> {
  const { key, contents = true, rules = knownRules, kept, known, since, ...ports } = changes
  const options = {
    url,
    contents,
    rules,
    ...(key === undefined ? {} : { key }),
    ...(kept === undefined ? {} : { kept }),
    ...(known === undefined ? {} : { known }),
    ...(since === undefined ? {} : { since }),
  }
  return verifyService({ ...portsOver(files), ...ports }, options)
}

export function portsOver(files: ReadonlyMap<string, Uint8Array>): VerifyPorts {
  return {
    fetch: async (path, maxBytes) => {
      const bytes = files.get(path)
      if (bytes === undefined) return { status: 404, bytes: new Uint8Array(0) }
      return { status: 200, bytes: bytes.subarray(0, maxBytes + 1) }
    },
    createExecutor: stateless,
    checks: sampleChecks,
    progress: () => undefined,
    nowMs: () => 1_800_000_100_000,
  }
}

const none = { faults: [], missing: [] }

/** The checks of a service as simple as can be: a tarball is any text, a packument its latest version. */
export const sampleChecks: ServiceChecks = {
  nouns: {
    content: { one: 'tarball', many: 'tarballs' },
    served: { one: 'package', many: 'packages' },
  },
  notCompared: ['readme'],
  contents: (state, since) =>
    listNames(state).flatMap((name) =>
      [...state.rows(`${folderOf(name)}/contents`)]
        .filter(({ entry }) => entry >= since)
        .map(({ field, entry }) => ({
          key: `${name}@${field}`,
          entry,
          facts: { name, version: field },
        })),
    ),
  async checkContent({ key, entry, facts }, { state, fetchBlob }) {
    const [folder, version] = [folderOf(facts['name'] ?? ''), facts['version'] ?? '']
    const { sha512, size } = JSON.parse(textOf(state, `${folder}/contents`, version))
    const blob = await fetchBlob(sha512, { maxBytes: size, entry })
    if (blob === undefined) return { ...none, missing: [{ blob: sha512, entry, subject: key }] }
    const { record } = JSON.parse(textOf(state, `${folder}/versions`, version))
    const found = Buffer.from(blob).toString()
    if (found === record) return none
    const details = { spec: key, entry, what: 'its record', found, wanted: record }
    return { ...none, faults: [{ code: 'release_mismatch', weight: 2, details }] }
  },
  isServed: async () => true,
  served: (state) => listNames(state).map((name) => ({ key: name, entry: 0, facts: { name } })),
  async checkServed({ key: name }, { state, fetch }) {
    const { status, bytes } = await fetch(`/${folderOf(name).slice('/packages/'.length)}`, 1e6)
    const wanted = textOf(state, `${folderOf(name)}/tags`, 'latest')
    const found = status === 200 ? JSON.parse(Buffer.from(bytes).toString()).latest : undefined
    if (found === wanted) return none
    const facts = { what: 'its latest version', found: String(found), wanted }
    const weight = status === 200 ? 3 : 4
    return {
      ...none,
      faults: [{ code: 'served_mismatch', weight, details: { name, entry: null, ...facts } }],
    }
  },
  checkListings: async () => none,
}

function listNames(state: AuditedState): readonly string[] {
  const folders = state.list('/packages').filter((field) => field.endsWith('/'))
  return folders.map((field) => decodeURIComponent(field.slice(0, -1)))
}

function folderOf(name: string): string {
  return `/packages/${encodeURIComponent(name).replace('%40', '@')}`
}

function textOf(state: AuditedState, object: string, field: string): string {
  return Buffer.from(state.get(object, field) ?? '').toString()
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
