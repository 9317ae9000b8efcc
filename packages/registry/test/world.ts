// A whole registry for tests: the rules in the fake host, the views in memory, and a log of what happened.
import { hash } from 'node:crypto'
import type { CallRequest, SubmitCall } from '@stele/entries/calls'
import type { LoggedEntry } from '@stele/entries/transition'
import { canonicalJson } from '@stele/formats/json'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import type { StateRows } from '@stele/releases/state'
import { createScriptSystem, makePackage, type ScriptSystem } from '@stele/testkit'
import { createRegistry, type Registry, rulesScript } from '../src/index.ts'
import { planViews } from '../src/views.ts'
import { createFakeViews, type FakeViews } from './fake-views.ts'

const startMs: number = Date.UTC(2026, 10, 20)
export const baseUrl = 'https://registry.example/npm'

export type World = {
  readonly registry: Registry
  readonly system: ScriptSystem
  readonly views: FakeViews
  readonly log: readonly LoggedEntry[]
  readonly blobs: ReadonlyMap<string, Uint8Array>
  readonly submit: SubmitCall
  /** Moves the clock on. */
  readonly wait: (timeMs: number) => void
  /** Publishes for an account and returns its entry. */
  readonly publish: (
    account: string,
    manifest: TestManifest,
    options?: PublishOptions,
  ) => Promise<number>
  /** The packument as a client reads it; undefined for none. */
  readonly read: (name: string, form?: 'full' | 'abbreviated') => Packument
}

export type TestManifest = {
  readonly name: string
  readonly version: string
  readonly [member: string]: unknown
}

export type PublishOptions = { readonly tag?: string; readonly files?: Record<string, string> }

// oxlint-disable-next-line typescript/no-explicit-any -- A client's JSON: tests look into it as clients do.
export type Packument = any

/** A registry whose operator is `root`, with `alice` and `bob` in it. */
export async function createWorld(): Promise<World> {
  const system = createScriptSystem(rulesScript())
  const views = createFakeViews()
  const log: LoggedEntry[] = []
  const blobs = new Map<string, Uint8Array>()
  let timeMs = startMs
  const submit: SubmitCall = async (request) => {
    timeMs += 1000
    return record({ system, views, log, blobs }, request, timeMs)
  }
  const registry = createRegistry({
    state: system.state,
    views,
    submit,
    now: () => timeMs,
  })
  await submit({ account: 'root', via: 'host', method: 'init', args: [] })
  await registry.join('alice')
  await registry.join('bob')
  return {
    registry,
    system,
    views,
    log,
    blobs,
    submit,
    wait: (duration) => {
      timeMs += duration
    },
    async publish(account, manifest, { tag, files } = {}) {
      const document = publishDocument(manifest, { ...(tag && { tag }), ...(files && { files }) })
      return (await put(registry, account, manifest.name, document)).entry
    },
    read(name, form = 'full') {
      const view = registry.packument(nameOf(name), { form, baseUrl })
      return view && JSON.parse(Buffer.from(plainBytes(view)).toString())
    },
  }
}

/** Puts a document that publishes. */
export async function put(
  registry: Pick<Registry, 'put'>,
  account: string,
  name: string,
  document: unknown,
): Promise<Extract<Awaited<ReturnType<Registry['put']>>, { did: 'publish' }>> {
  const body = Buffer.from(JSON.stringify(document))
  const answer = await registry.put({ account, name: nameOf(name), body })
  if (answer.did !== 'publish') throw new Error('The document was taken for a change')
  return answer
}

/** The state of a world with what its log tells of each row. */
export function rowsOf({ log, system: { state } }: Pick<World, 'log' | 'system'>): StateRows {
  const objects = new Map<string, Map<string, FieldRow>>()
  for (const { index: entry, timeMs, writes } of log) {
    for (const { object, field, value } of writes) {
      const fields = objects.get(object) ?? new Map<string, FieldRow>()
      objects.set(object, fields)
      const { firstEntry = entry, firstTimeMs = timeMs } = fields.get(field) ?? {}
      fields.set(field, { field, value, entry, timeMs, firstEntry, firstTimeMs })
    }
  }
  const row = (object: string, field: string): FieldRow | undefined =>
    objects.get(object)?.get(field)
  return { ...state, row, rows: (object) => objects.get(object)?.values() ?? [] }
}

type FieldRow = ReturnType<StateRows['rows']> extends Iterable<infer R> ? R : never

/** The bytes of a packument without coding, which are there at once. */
export function plainBytes(view: ReturnType<Registry['packument']>): Uint8Array {
  if (view === undefined || view instanceof Promise || view.bytes === undefined) {
    throw new Error('There are no bytes')
  }
  return view.bytes
}

export function nameOf(text: string): PackageName {
  return parsePackageName(text)
}

/** The document that npm sends. */
export function publishDocument(
  manifest: TestManifest,
  { tag = 'latest', files }: PublishOptions = {},
): Packument {
  const tarball = makePackage(manifest, files)
  const { name, version } = manifest
  const file = `${name}-${version}.tgz`
  const dist = {
    integrity: `sha512-${hash('sha512', tarball, 'base64')}`,
    shasum: hash('sha1', tarball, 'hex'),
    tarball: `http://localhost/${name}/-/${file}`,
  }
  return {
    _id: name,
    name,
    'dist-tags': { [tag]: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    access: null,
    _attachments: {
      [file]: {
        content_type: 'application/octet-stream',
        data: Buffer.from(tarball).toString('base64'),
        length: tarball.length,
      },
    },
  }
}

function record(
  world: {
    system: ScriptSystem
    views: FakeViews
    log: LoggedEntry[]
    blobs: Map<string, Uint8Array>
  },
  { account, via, method, args, blobs = [], prepared }: CallRequest,
  timeMs: number,
): Awaited<ReturnType<SubmitCall>> {
  const outcome = world.system.call({ method, args: canonicalJson(args), account, via, timeMs })
  const index = world.log.length
  for (const blob of outcome.ok ? blobs : []) {
    if ('bytes' in blob) world.blobs.set(blob.name, blob.bytes)
  }
  const sender = { v: 1, origin: 'registry.example', account, seq: index + 1 } as const
  const entry: LoggedEntry = {
    index,
    leafHash: hash('sha256', `leaf ${index}`, 'buffer'),
    timeMs,
    body: { ...sender, via: { type: 'token' }, method, args: [...args] },
    writes: outcome.ok ? outcome.writes : [],
    prepared,
  }
  world.log.push(entry)
  world.views.apply(
    planViews(
      entry,
      () => undefined,
      () => undefined,
    ),
  )
  return { index, timeMs, outcome: outcome.ok ? { ok: true } : { ok: false, error: outcome.error } }
}
