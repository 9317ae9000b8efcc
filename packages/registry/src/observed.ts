// What belongs to an upstream, as this registry serves it: brought up to date before it is read, then read like the rest.
import { isJsonObject, type JsonObject, parseTolerantJson } from '@stele/formats/json'
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
  const textOf = (name: string, form: Form, baseUrl: string): string | undefined =>
    upstream?.template(name, form)?.replaceAll(baseMark, JSON.stringify(baseUrl).slice(1, -1))
  const documentOf = (name: string, form: Form, baseUrl = ''): JsonObject | undefined => {
    const text = textOf(name, form, baseUrl)
    const document = text === undefined ? undefined : parseTolerantJson(text, `"${name}"`)
    return isJsonObject(document) ? document : undefined
  }
  const memberOf = (document: JsonObject | undefined, member: string): JsonObject | undefined => {
    const found = document?.[member]
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
      const text = textOf(name, form, baseUrl)
      return text === undefined ? undefined : Buffer.from(text)
    },
    manifest: (name, wanted, baseUrl) => {
      const document = documentOf(name, 'full', baseUrl)
      const tagged = memberOf(document, 'dist-tags')?.[wanted]
      const found = memberOf(document, 'versions')?.[typeof tagged === 'string' ? tagged : wanted]
      return found === undefined ? undefined : JSON.stringify(found)
    },
    tags: (name) => {
      const tags = memberOf(documentOf(name, 'abbreviated'), 'dist-tags')
      if (tags === undefined) return undefined
      const known = Object.entries(tags).flatMap(([tag, version]) =>
        typeof version === 'string' ? [[tag, version] as const] : [],
      )
      return new Map(known)
    },
    versions: (name) => {
      const versions = memberOf(documentOf(name, 'abbreviated'), 'versions')
      return versions && Object.keys(versions)
    },
  }
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
