// A registry in memory that believes everything: enough for the faces to be tried without a log.
import { hash } from 'node:crypto'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import type { Registry } from '@stele/registry'
import { readRelease } from '@stele/releases/release'

const coders = {
  identity: (bytes: Uint8Array): Uint8Array => bytes,
  gzip: gzipSync,
  zstd: zstdCompressSync,
  br: brotliCompressSync,
} as const

type Package = {
  rev: number
  modifiedMs: number
  versions: Map<string, JsonObject>
  tags: Record<string, string>
  owners: Set<string>
  readonly files: Map<string, string>
}

export type FakeRegistry = Registry & {
  readonly blobs: Map<string, Uint8Array>
  readonly accounts: Set<string>
  /** Every call, with its arguments but the documents. */
  readonly calls: string[]
}

type Publish = (
  account: string,
  name: PackageName,
  document: unknown,
) => ReturnType<Registry['putTarball']>

export function createFakeRegistry(now: () => number): FakeRegistry {
  const packages = new Map<PackageName, Package>()
  const blobs = new Map<string, Uint8Array>()
  const accounts = new Set<string>()
  const calls: string[] = []
  const need = (name: PackageName): Package => {
    const found = packages.get(name)
    if (found === undefined) throw new SteleError('package_not_found', { name })
    return found
  }
  const owned = (account: string, name: PackageName): Package => {
    const found = need(name)
    if (found.owners.has(account)) return found
    const message = `Cannot change "${name}": "${account}" is not one of its owners`
    throw new SteleError('rule_refused', { method: 'change', name: 'not_owner', message })
  }
  const touch = (found: Package): void => {
    found.rev++
    found.modifiedMs = now()
  }
  const manifestOf = (name: PackageName, version: string, baseUrl: string): JsonObject => {
    const file = `${name.split('/').at(-1)}-${version}.tgz`
    const manifest = need(name).versions.get(version) ?? {}
    const dist = isJsonObject(manifest['dist']) ? manifest['dist'] : {}
    return { ...manifest, dist: { ...dist, tarball: `${baseUrl}/${name}/-/${file}` } }
  }
  const publish: Publish = async (account, name, document) => {
    if (!isJsonObject(document)) throw new Error('The face gave no object')
    calls.push(`publish ${account} ${name}`)
    const [version = '', manifest] = firstMember(document['versions'])
    const [, attachment] = firstMember(document['_attachments'])
    const data = isJsonObject(attachment) ? textOf(attachment['data']) : ''
    const bytes = Buffer.from(data, 'base64')
    const sha512 = hash('sha512', bytes, 'hex')
    const found = packages.has(name) ? owned(account, name) : newPackage(account, now())
    if (found.versions.has(version)) {
      throw new SteleError('version_exists', { spec: `${name}@${version}` })
    }
    packages.set(name, found)
    blobs.set(sha512, bytes)
    found.files.set(`${name.split('/').at(-1)}-${version}.tgz`, sha512)
    found.versions.set(version, isJsonObject(manifest) ? manifest : {})
    Object.assign(found.tags, document['dist-tags'])
    touch(found)
    return { spec: `${name}@${version}`, entry: calls.length, timeMs: now(), isRepeat: false }
  }
  const registry: FakeRegistry = {
    blobs,
    accounts,
    calls,
    packument: (asked, { form, baseUrl, coding = 'identity' }) => {
      const name = parsePackageName(asked)
      const found = packages.get(name)
      if (found === undefined || found.versions.size === 0) return undefined
      const versions = Object.fromEntries(
        [...found.versions.keys()].map((v) => [v, manifestOf(name, v, baseUrl)]),
      )
      const time = new Date(found.modifiedMs).toISOString()
      const tail = { 'dist-tags': found.tags, _rev: `${found.rev}-fake` }
      const maintainers = [...found.owners].map((owner) => ({ name: owner, email: '' }))
      const full = { _id: name, name, versions, ...tail, time: { modified: time }, maintainers }
      const document = form === 'full' ? full : { name, modified: time, versions, ...tail }
      const plain = Buffer.from(JSON.stringify(document))
      const base = hash('sha256', baseUrl, 'hex').slice(0, 4)
      return {
        rev: String(found.rev),
        bytes: coders[coding](plain),
        etag: `"${found.rev}-${form.charAt(0)}${coding.charAt(0)}-${base}"`,
        modifiedMs: found.modifiedMs,
        coding,
      }
    },
    manifest: (name, versionOrTag, baseUrl) => {
      const found = packages.get(name)
      const version = found?.tags[versionOrTag] ?? versionOrTag
      if (found?.versions.has(version) !== true) return undefined
      return Buffer.from(JSON.stringify(manifestOf(name, version, baseUrl)))
    },
    isOwn: (name) => packages.has(name),
    tarball: (name, file) => {
      const sha512 = packages.get(name)?.files.get(shortFile(name, file))
      if (sha512 === undefined) return undefined
      const size = blobs.get(sha512)?.length ?? 0
      return { version: '1.0.0', sha512, size, integrity: '', removed: false }
    },
    put: async ({ account, name, body, rev }) => {
      const document = parseJson(Buffer.from(body).toString(), 'the request body')
      if (!isJsonObject(document))
        throw new SteleError('request_invalid', { what: 'it', reason: '' })
      const [attachment] = firstMember(document['_attachments'])
      if (rev === undefined && attachment !== undefined) {
        return { did: 'publish', ...(await publish(account, name, document)) }
      }
      return { did: 'change', ...(await registry.changeDocument(account, name, { rev, document })) }
    },
    requirePublishable: ({ account, name, version }) => {
      if (!packages.has(name)) return
      if (!owned(account, name).versions.has(version)) return
      throw new SteleError('version_exists', { spec: `${name}@${version}` })
    },
    putTarball: async ({ account, name, version, tarball, tags = ['latest'], check }) => {
      const release = readRelease(tarball)
      const said = `${release.name}@${release.version}`
      if (said !== `${name}@${version}`) {
        const reason = `the package.json in the tarball says ${said}`
        throw new SteleError('upload_invalid', { spec: `${name}@${version}`, reason })
      }
      check({ ...release.manifest.dependencies })
      const data = Buffer.from(tarball).toString('base64')
      return publish(account, name, {
        'dist-tags': Object.fromEntries(tags.map((tag) => [tag, version])),
        versions: { [version]: { ...release.manifest, dist: { integrity: release.integrity } } },
        _attachments: { tarball: { data } },
      })
    },
    changeDocument: async (account, name, { rev, document }) => {
      if (!isJsonObject(document)) throw new Error('The face gave no object')
      calls.push(`changeDocument ${account} ${name} ${rev}`)
      const found = owned(account, name)
      if (Array.isArray(document['maintainers'])) {
        found.owners = new Set(
          document['maintainers'].map((m) => (isJsonObject(m) ? textOf(m['name']) : textOf(m))),
        )
      }
      const kept = document['versions']
      if (rev !== undefined && isJsonObject(kept)) {
        for (const v of found.versions.keys()) if (!(v in kept)) found.versions.delete(v)
      }
      touch(found)
      return { rev: String(found.rev) }
    },
    removePackage: async (account, name, rev) => {
      calls.push(`removePackage ${account} ${name} ${rev}`)
      owned(account, name).versions.clear()
      return { rev: undefined }
    },
    removeTarball: async (account, name, { file, rev }) => {
      calls.push(`removeTarball ${account} ${name} ${file} ${rev}`)
      owned(account, name).files.delete(shortFile(name, file))
    },
    versions: (name) => {
      const versions = [...(packages.get(name)?.versions.keys() ?? [])]
      return versions.length === 0 ? undefined : versions
    },
    tags: (name) => packages.get(name)?.tags,
    setTag: async (account, name, { tag, version }) => {
      const found = owned(account, name)
      if (!found.versions.has(version)) {
        throw new SteleError('version_not_found', { spec: `${name}@${version}` })
      }
      found.tags[tag] = version
      touch(found)
    },
    removeTag: async (account, name, tag) => {
      const found = owned(account, name)
      delete found.tags[tag]
      touch(found)
    },
    owners: (name) => {
      const found = packages.get(name)
      return found && [...found.owners]
    },
    missing: (name, version) =>
      version === undefined
        ? new SteleError('package_not_found', { name })
        : new SteleError('version_not_found', { spec: `${name}@${version}` }),
    search: async ({ text, from = 0, size = 20 }) => {
      const names = [...packages.keys()].filter((name) => name.includes(text)).sort()
      const objects = names.slice(from, from + size).map((name) => ({
        package: { name, version: '1.0.0', date: '2026-11-21T10:00:00.000Z', maintainers: [] },
        score: { final: 1, detail: {} },
        searchScore: 1,
      }))
      return { objects, total: names.length, time: new Date(now()).toISOString() }
    },
    listed: (size) => {
      const found = [...packages.keys()].sort().map((name) => ({ name, version: '1.0.0' }))
      return { total: found.length, found: found.slice(0, size) }
    },
    join: async (account) => {
      calls.push(`join ${account}`)
      accounts.add(account)
    },
    reserve: async () => ({ entry: 1 }),
    release: async () => ({ entry: 1 }),
    upstreams: [],
    conflicts: () => ({ counts: { tarball: 0, record: 0 }, found: [] }),
    upstreamStates: () => [],
    starredBy: (account) => (account === 'alice' ? ['left-pad'] : []),
    prepare: () => undefined,
    prepareToPublish: () => undefined,
    proxiedTarball: async () => undefined,
    hasAccount: (account) => accounts.has(account),
  }
  return registry
}

function newPackage(owner: string, nowMs: number): Package {
  return {
    rev: 0,
    modifiedMs: nowMs,
    versions: new Map(),
    tags: {},
    owners: new Set([owner]),
    files: new Map(),
  }
}

function firstMember(value: JsonValue | undefined): [string?, JsonValue?] {
  return isJsonObject(value) ? (Object.entries(value)[0] ?? []) : []
}

/** The short form of a scoped tarball's name. */
function shortFile(name: string, file: string): string {
  const scope = name.split('/').slice(0, -1).join('/')
  return file.startsWith(`${scope}/`) ? file.slice(scope.length + 1) : file
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
