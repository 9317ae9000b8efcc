// What belongs to an upstream, as this registry serves it: brought up to date before it is read, then read like the rest.
import { isJsonObject, type JsonObject, memberOf, parseTolerantJson } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import { baseMark } from '@stele/releases/observed'
import type { Form } from '@stele/releases/release'
import type { Prepared, UpstreamReads } from './ports.ts'
import type { PackageRow } from './view-reader.ts'

/** What a packument's head needs to know of a package. */
export type Revision = Pick<PackageRow, 'rev' | 'modifiedMs' | 'starEntry'>

/** Reads of names that belong to upstreams. None of them asks: `prepare` does. */
export type Observed = {
  /** Undefined where there is no such package at its upstream. */
  readonly revision: (name: string, form: Form) => Revision | undefined
  /** The packument's JSON for clients of this base address, which has no slash at its end. */
  readonly bytes: (name: string, form: Form, baseUrl: string) => Uint8Array | undefined
  /** The manifest of one version, by version or tag, as JSON; of the full form, which is to be prepared. */
  readonly manifest: (name: string, wanted: string, baseUrl: string) => string | undefined
  /** Both of the abbreviated form. */
  readonly tags: (name: string) => ReadonlyMap<string, string> | undefined
  readonly versions: (name: string) => readonly string[] | undefined
}

/** The reads; without a port they find nothing. */
export function createObserved(upstream: UpstreamReads | undefined): Observed {
  const templateOf = (name: string, form: Form): Buffer | undefined => {
    const template = upstream?.template(name, form)
    return template && Buffer.from(template.buffer, template.byteOffset, template.length)
  }
  const readMember = (name: string, member: string): JsonObject | undefined => {
    const template = templateOf(name, 'abbreviated')
    const bytes = template && memberOf(template, member)
    const found = bytes && parseTolerantJson(fillIn(bytes, '').toString(), `"${name}"`)
    return isJsonObject(found) ? found : undefined
  }
  return {
    revision: (name, form) => {
      const head = upstream?.head(name, form)
      if (head?.digest === undefined) return undefined
      const { digest, modifiedMs = 0 } = head
      return { rev: `u-${digest.slice(0, 24)}`, modifiedMs, starEntry: -1 }
    },
    bytes: (name, form, baseUrl) => {
      const template = templateOf(name, form)
      return template && fillIn(template, JSON.stringify(baseUrl).slice(1, -1))
    },
    manifest: (name, wanted, baseUrl) => {
      const template = templateOf(name, 'full')
      const tags = template && memberOf(template, 'dist-tags')
      const versions = template && memberOf(template, 'versions')
      const tagged = tags && memberOf(tags, wanted)
      const version: unknown = tagged === undefined ? wanted : JSON.parse(tagged.toString())
      const found = versions && memberOf(versions, String(version))
      return found && fillIn(found, JSON.stringify(baseUrl).slice(1, -1)).toString()
    },
    tags: (name) => {
      const tags = readMember(name, 'dist-tags')
      if (tags === undefined) return undefined
      const known = Object.entries(tags).flatMap(([tag, version]) =>
        typeof version === 'string' ? [[tag, version] as const] : [],
      )
      return new Map(known)
    },
    versions: (name) => {
      const versions = readMember(name, 'versions')
      return versions && Object.keys(versions)
    },
  }
}

/** The template, or a part of it, with the text at every mark. As bytes: large ones would take twice their size as text, several times over. */
function fillIn(source: Buffer, text: string): Buffer {
  const mark = baseMark.charCodeAt(0)
  let count = 0
  for (let at = source.indexOf(mark); at >= 0; at = source.indexOf(mark, at + 1)) count++
  const filled = Buffer.from(text)
  const bytes = Buffer.allocUnsafe(source.length + count * (filled.length - 1))
  let [from, to] = [0, 0]
  for (let at = source.indexOf(mark); at >= 0; at = source.indexOf(mark, from)) {
    to += source.copy(bytes, to, from, at)
    to += filled.copy(bytes, to)
    from = at + 1
  }
  source.copy(bytes, to, from)
  return bytes
}

/**
 * Brings what an upstream says of the name to where it is to be read; nothing is waited for where it is no upstream's.
 * `client` is the address that what is not here yet is counted for.
 */
export type Prepare = (
  name: PackageName,
  form: Form,
  client?: string,
) => Promise<Prepared | undefined> | undefined
