// What the registry says and stores after a step, asked over the wire.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readPackument } from '../registry-client.ts'
import { fill, type Stage } from './stage.ts'
import type { Details } from './step.ts'
import { readTarballTree, type Tree } from './tree.ts'

type Check = NonNullable<Details['check']>
type Document = Readonly<Record<string, unknown>>

/** The tarball of a version is what the client sent, hashes to `dist.integrity`, and holds the folder's files. */
export function isStored(spec: string): Check {
  return async (stage) => {
    const filled = fill(spec, stage.names)
    const at = filled.lastIndexOf('@')
    const [name, version] = [filled.slice(0, at), filled.slice(at + 1)]
    const dist = (await readPackument(stage.proxy.url, name))?.versions[version]?.dist
    assert.ok(dist !== undefined, `${filled} is not in the packument`)
    const response = await fetch(dist.tarball)
    assert.equal(response.status, 200)
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.equal(`sha512-${hash('sha512', bytes, 'base64')}`, dist.integrity)
    assert.ok(bytes.equals(sentTarball(stage, filled)), 'The bytes are not those that were sent')
    const stored = await readTarballTree(bytes, stage.path('tarballs', filled.replace('/', '+')))
    assert.deepEqual(
      withoutManifest(stored),
      withoutManifest(stage.sources.get(folderOf(spec)) ?? {}),
    )
    stage.published.set(filled, stored)
  }
}

/** A member of the full packument is so. */
export function says(name: string, read: (packument: Document) => unknown, wanted: unknown): Check {
  return async (stage) => {
    const found = await readPackument(stage.proxy.url, fill(name, stage.names))
    assert.ok(found !== undefined, `There is no ${name}`)
    const text = JSON.stringify(read(found as unknown as Document) ?? null)
    assert.deepEqual(JSON.parse(text), JSON.parse(fill(JSON.stringify(wanted), stage.names)))
  }
}

/** A path is answered with this status. */
export function answers(path: string, status: number): Check {
  return async ({ proxy, names }) => {
    const response = await fetch(`${proxy.url}/${fill(path, names)}`)
    await response.arrayBuffer()
    assert.equal(response.status, status, path)
  }
}

/** The folder of a `{name}` is called as the name is. */
function folderOf(spec: string): string {
  return /^\{(\w+)\}/.exec(spec)?.[1] ?? spec
}

/** Clients may write the manifest anew when they pack: the registry compares it with the document. */
function withoutManifest({ 'package.json': manifest, ...others }: Tree): Tree {
  assert.ok(manifest !== undefined, 'There is no package.json')
  return others
}

function sentTarball({ proxy }: Stage, spec: string): Buffer {
  for (const { method, status, sent } of proxy.answered.toReversed()) {
    if (method !== 'PUT' || status >= 300 || sent === undefined) continue
    const document = Object(JSON.parse(sent.toString()))
    const [version] = Object.keys(Object(document.versions))
    const [attachment] = Object.values<{ data?: string }>(Object(document._attachments))
    if (`${document.name}@${version}` === spec && attachment !== undefined)
      return Buffer.from(attachment.data ?? '', 'base64')
  }
  throw new Error(`Nothing was sent for ${spec}`)
}
