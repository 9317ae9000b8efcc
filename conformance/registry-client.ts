// Speaks the npm wire without npm: accounts, publish documents and whatever request a test wants to send.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { makePackage } from '../packages/testkit/src/tarball.ts'

/** An answer; `json` is undefined when the body is none. */
export type Answer = { readonly status: number; readonly json: unknown; readonly headers: Headers }

/** Somebody with a token. */
export type RegistryClient = {
  readonly url: string
  readonly account: string
  readonly token: string
  /** Sends a JSON body, when there is one, with the token. */
  readonly send: (method: string, path: string, body?: unknown) => Promise<Answer>
}

/** A release ready to be sent: its bytes, and the document that carries them. */
export type ReleaseUpload = {
  readonly name: string
  readonly version: string
  readonly tarball: Uint8Array
  readonly integrity: string
  readonly document: object
}

/** A packument, as far as these tests look. */
export type Packument = {
  readonly _rev: string
  readonly 'dist-tags': { readonly [tag: string]: string }
  readonly versions: {
    readonly [version: string]: {
      readonly dist: { readonly tarball: string; readonly integrity: string }
    }
  }
}

/** Signs an account up (or logs it in) and gives a client with its token. */
export async function signUp(url: string, account: string): Promise<RegistryClient> {
  const body = { name: account, password: 'correct horse', type: 'user' }
  const path = `/-/user/org.couchdb.user:${account}`
  const { status, json } = await request(url, { method: 'PUT', path, body })
  assert.equal(status, 201, JSON.stringify(json))
  const token = String(memberOf(json, 'token'))
  return {
    url,
    account,
    token,
    send: (method, path, sent) => request(url, { method, path, body: sent, token }),
  }
}

/** What is published: a manifest, and the tag that it is published under. */
export type UploadManifest = {
  readonly name: string
  readonly version: string
  readonly tag?: string
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
}

/** A release of a package whose only file holds `text`: another text, other bytes. */
export function makeUpload(
  { tag = 'latest', ...manifest }: UploadManifest,
  text = `${manifest.name}@${manifest.version}`,
): ReleaseUpload {
  const tarball = makePackage(manifest, {
    'index.js': `module.exports = ${JSON.stringify(text)}\n`,
  })
  return uploadOf(manifest, tarball, tag)
}

/** A release of these bytes; the manifest is the one that they hold. */
export function uploadOf(
  manifest: { readonly name: string; readonly version: string },
  tarball: Uint8Array,
  tag = 'latest',
): ReleaseUpload {
  const { name, version } = manifest
  const integrity = integrityOf(tarball)
  const dist = { integrity, shasum: hash('sha1', tarball, 'hex'), tarball: 'http://nowhere/' }
  const document = {
    _id: name,
    name,
    'dist-tags': { [tag]: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    access: null,
    _attachments: {
      [`${name}-${version}.tgz`]: {
        content_type: 'application/octet-stream',
        data: Buffer.from(tarball).toString('base64'),
        length: tarball.length,
      },
    },
  }
  return { name, version, tarball, integrity, document }
}

/** PUT of a release. */
export function publish(client: RegistryClient, upload: ReleaseUpload): Promise<Answer> {
  return client.send('PUT', `/${encodeURIComponent(upload.name)}`, upload.document)
}

/** The full packument; undefined when there is none. */
export async function readPackument(url: string, name: string): Promise<Packument | undefined> {
  const { status, json } = await request(url, { method: 'GET', path: `/${name}` })
  if (status === 404) return undefined
  assert.equal(status, 200, JSON.stringify(json))
  return json as Packument
}

/** Throws unless all that is served of a package fits together: both forms, tags, and every tarball's bytes. */
export async function assertServedWhole(url: string, name: string): Promise<void> {
  const full = await readPackument(url, name)
  const accept = 'application/vnd.npm.install-v1+json'
  const short = await request(url, { method: 'GET', path: `/${name}`, accept })
  if (full === undefined) {
    assert.equal(short.status, 404)
    return
  }
  const versions = Object.keys(full.versions)
  assert.deepEqual(Object.keys(Object(memberOf(short.json, 'versions'))), versions)
  assert.deepEqual(memberOf(short.json, 'dist-tags'), full['dist-tags'])
  assert.ok(versions.length > 0, 'A packument without versions was served')
  assert.ok(full['dist-tags']['latest'] !== undefined, '"latest" is missing (npm-wire P6)')
  for (const version of Object.values(full['dist-tags'])) assert.ok(versions.includes(version))
  for (const { dist } of Object.values(full.versions)) {
    const response = await fetch(dist.tarball)
    assert.equal(response.status, 200, dist.tarball)
    assert.equal(integrityOf(new Uint8Array(await response.arrayBuffer())), dist.integrity)
  }
}

/** A member of an answer's object. */
export function memberOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Object(json)[name] : undefined
}

type Request = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly token?: string
  readonly accept?: string
}

async function request(
  url: string,
  { method, path, body, token, accept }: Request,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(accept === undefined ? {} : { accept }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const { status, headers } = response
  return { status, headers, json: text === '' ? undefined : JSON.parse(text) }
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${hash('sha512', bytes, 'base64')}`
}
