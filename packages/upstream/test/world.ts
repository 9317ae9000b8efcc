// A proxy for tests: the real rules over a state in memory, an upstream that is a table of answers, and a clock.
import { createHash, hash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import { rulesScript } from '@stele/registry'
import { type Form, readRelease } from '@stele/releases/release'
import { createScriptSystem, makePackage, type ScriptSystem } from '@stele/testkit'
import {
  createPinnedState,
  createProxy,
  type Proxy,
  type UpstreamEvent,
  type UpstreamPorts,
} from '../src/index.ts'
import { packumentBytes } from '../src/limits.ts'
import { takeIn } from '../src/take-in.ts'

/** What an upstream answers to one address. */
export type TestAnswer = {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Uint8Array | readonly Uint8Array[]
  /** Cuts the body off after its chunks. */
  readonly cut?: boolean
  /** Never ends it. */
  readonly hangs?: boolean
  /** No answer at all. */
  readonly fails?: string
  /** No answer in time. */
  readonly isLate?: boolean
  /** Called when nobody wants the rest of it. */
  readonly cancel?: () => void
}

export const upstreamUrl = 'https://up.example/base'
export const startMs: number = Date.UTC(2026, 10, 21)

/** A release at an upstream. */
type TestRelease = {
  readonly version: string
  /** Members of the manifest in the packument, beside name, version and dist. */
  readonly manifest?: JsonObject
  /** Members of the package.json in the tarball, where they are others. */
  readonly own?: JsonObject
  /** Told instead of the tarball's own. */
  readonly dist?: JsonObject
}

export type World = {
  readonly proxy: Proxy
  readonly system: ScriptSystem
  /** The upstream's answers by path below its address; what is not there is 404. */
  readonly answers: Map<string, TestAnswer | (() => TestAnswer | Promise<TestAnswer>)>
  /** The addresses that were asked, and with which headers. */
  readonly asked: {
    readonly url: string
    readonly headers: { readonly [name: string]: string }
    readonly body?: string
  }[]
  readonly calls: { readonly method: string; readonly request: JsonObject }[]
  readonly events: UpstreamEvent[]
  /** The log's blobs; one that is withheld is not there. */
  readonly blobs: Map<string, Uint8Array>
  /** Puts a package at the upstream, tarballs and all. */
  readonly put: (name: string, releases: readonly TestRelease[], more?: JsonObject) => void
  /** The packument as a client reads it. */
  readonly read: (name: string, form?: Form) => Promise<JsonObject | undefined>
  /** The tarball as a client reads it; whatever arrived before an error is lost. */
  readonly fetch: (name: string, version: string) => Promise<Uint8Array | undefined>
  readonly wait: (timeMs: number) => void
  /** Loses everything but the log. */
  readonly lose: () => void
  /** Keeps nothing any more, and later again. */
  readonly fillDisk: (isFull: boolean) => void
  /** The packages whose tarballs were made durable. */
  readonly durable: string[]
  /** Loses all tarballs. */
  readonly loseTarballs: () => void
  /** Resolves when nothing goes on behind the answers. */
  readonly settle: () => Promise<void>
  readonly call: (method: string, request: JsonObject, account?: string) => string
}

/** A proxy with one upstream, `up`; `ports` replaces some of its ports. */
export function createWorld(
  ports: Partial<UpstreamPorts> & { readonly isPrivate?: (name: string) => boolean } = {},
): World {
  const system = createScriptSystem(rulesScript())
  const blobs = new Map<string, Uint8Array>()
  const files = new Map<string, { readonly sha512: string; readonly bytes: Uint8Array }>()
  const answers: World['answers'] = new Map()
  const asked: World['asked'] = []
  const calls: World['calls'] = []
  const events: UpstreamEvent[] = []
  const durable: string[] = []
  let nowMs = startMs
  let isFull = false
  const needRoom = (): void => {
    if (isFull) throw new SteleError('disk_full', {})
  }

  const call = (method: string, request: JsonObject, account = 'root'): string => {
    const via = account === 'root' ? 'host' : 'token'
    const args = JSON.stringify([request])
    const outcome = system.call({
      method,
      args,
      account,
      via,
      timeMs: nowMs,
      blobs: (name) => blobs.get(name),
    })
    return outcome.ok ? 'ok' : outcome.error.name
  }
  const tell = async (method: string, request: JsonObject): Promise<void> => {
    await Promise.resolve()
    calls.push({ method, request })
    const answer = call(method, request)
    if (answer !== 'ok')
      throw new SteleError('rule_refused', { method, name: answer, message: answer })
  }
  system.call({ method: 'init', args: '[]', account: 'root', via: 'host' })
  system.call({ method: 'join', args: '[]', account: 'alice' })

  const { state } = system
  const kept = createMemoryKept(needRoom)
  const keep = (text: Uint8Array): string => {
    const name = hash('sha512', text, 'hex')
    blobs.set(name, text)
    return name
  }
  const proxy = createProxy({
    upstreams: [
      { id: 'up', url: upstreamUrl, scopes: [], tarballHosts: [], search: true, authorization: '' },
    ],
    isPrivate: () => false,
    get: async ({ url, headers, body }) => {
      const sent = body === undefined ? {} : { body: Buffer.from(body).toString() }
      asked.push({ url, headers, ...sent })
      const found = answers.get(url.slice(upstreamUrl.length))
      return answerOf(typeof found === 'function' ? await found() : found)
    },
    freshMs: 60_000,
    maxPackumentBytes: packumentBytes,
    kept,
    tarballs: createMemoryTarballs(files, durable, needRoom),
    state: createPinnedState(state, (name) => blobs.get(name)),
    calls: {
      see: ({ chunk, ...seen }) => tell('see', { ...seen, chunk: keep(Buffer.from(chunk)) }),
      choose: (releases) => tell('choose', { releases: releases.map((one) => ({ ...one })) }),
      contents: (releases) => tell('contents', { releases: releases.map((one) => ({ ...one })) }),
      amend: ({ packageJson, ...amended }) =>
        tell('amend', { ...amended, blob: keep(packageJson) }),
      conflict: (name, version, integrity) => tell('conflict', { name, version, integrity }),
      differ: (name, version, record) => tell('differ', { name, version, record }),
    },
    takeIn: async (taking) => takeIn(taking),
    behind: (work) => work(),
    takeApart: async ({ sha512 }) => {
      const bytes = [...files.values()].find((file) => file.sha512 === sha512)?.bytes
      const { contents, recordText, packageJson } = readRelease(bytes ?? new Uint8Array())
      return { contents, own: { record: recordText, packageJson } }
    },
    decode: async (bytes) => gunzipSync(bytes),
    takeCold: () => undefined,
    takeQuestion: () => undefined,
    now: () => nowMs,
    random: (sizeBytes) =>
      createHash('sha512').update(String(asked.length)).digest().subarray(0, sizeBytes),
    report: (event) => void events.push(event),
    ...ports,
  })

  return {
    proxy,
    system,
    answers,
    asked,
    calls,
    events,
    blobs,
    call,
    put: (name, releases, more = {}) =>
      putPackage(answers, { name: parsePackageName(name), releases, more }),
    read: async (name, form = 'abbreviated') => {
      const head = await proxy.prepare(parsePackageName(name), form)
      if (head?.digest === undefined) return undefined
      const template = Buffer.from(proxy.template(name, form) ?? '').toString()
      return JSON.parse(template.replaceAll('\u0000', 'http://here'))
    },
    fetch: async (name, version) => {
      const found = await proxy.tarball(parsePackageName(name), version)
      if (found === undefined) return undefined
      if (found.kind === 'held') return files.get(found.integrity)?.bytes
      const chunks: Uint8Array[] = []
      for await (const chunk of found.arriving.bytes()) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    wait: (timeMs) => {
      nowMs += timeMs
    },
    lose: () => {
      kept.lose()
      files.clear()
    },
    fillDisk: (now) => {
      isFull = now
    },
    durable,
    loseTarballs: () => files.clear(),
    settle: async () => {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function answerOf(found: TestAnswer | undefined): Awaited<ReturnType<UpstreamPorts['get']>> {
  const {
    status = 200,
    headers = {},
    body = [],
    cut = false,
    hangs = false,
    fails,
    isLate = false,
  } = found ?? { status: 404 }
  const { cancel = () => undefined } = found ?? {}
  if (isLate) throw new DOMException('no answer came', 'TimeoutError')
  if (fails !== undefined) throw new Error(fails)
  const chunks = body instanceof Uint8Array ? [body] : body
  return {
    status,
    headers,
    cancel,
    endWithin: () => undefined,
    body: (async function* () {
      for (const chunk of chunks) {
        await Promise.resolve()
        yield chunk
      }
      if (hangs) await new Promise(() => undefined)
      if (cut) throw new Error('the answer was cut off')
    })(),
  }
}

/** What is kept, in memory. `needRoom` throws where there is none. */
export function createMemoryKept(
  needRoom: () => void = () => undefined,
): UpstreamPorts['kept'] & { readonly lose: () => void } {
  type Head = NonNullable<ReturnType<UpstreamPorts['kept']['head']>>
  const heads = new Map<string, Head>()
  const templates = new Map<string, Uint8Array>()
  const pins = new Map<string, Uint8Array>()
  return {
    head: (name, form) => heads.get(`${form} ${name}`),
    template: (name, form) => templates.get(`${form} ${name}`),
    pins: (name) => pins.get(name),
    lose: () => {
      for (const all of [heads, templates, pins]) all.clear()
    },
    save: (name, form, { template, pins: packed, ...head }) => {
      needRoom()
      heads.set(`${form} ${name}`, head)
      templates.set(`${form} ${name}`, template)
      if (packed === undefined) pins.delete(name)
      else pins.set(name, packed)
    },
    saveHead: (name, form, head) => {
      needRoom()
      const key = `${form} ${name}`
      if (head.digest === undefined || heads.get(key)?.digest === head.digest) heads.set(key, head)
    },
  }
}

type Files = Map<string, { readonly sha512: string; readonly bytes: Uint8Array }>

function createMemoryTarballs(
  files: Files,
  durable: string[],
  needRoom: () => void,
): UpstreamPorts['tarballs'] {
  const heldOf = (integrity: string) => {
    const file = files.get(integrity)
    return file && { sha512: file.sha512, sizeBytes: file.bytes.length, path: integrity }
  }
  return {
    find: heldOf,
    makeDurable: async (name) => void durable.push(name),
    maxBytes: 2 * 1024 * 1024,
    open: async ({ path }) => ({
      read: async (offset, sizeBytes) =>
        files.get(path)?.bytes.subarray(offset, offset + sizeBytes) ?? new Uint8Array(),
      close: async () => undefined,
    }),
    receive: async () => {
      let bytes = Buffer.alloc(0)
      return {
        append: async (chunk) => {
          needRoom()
          bytes = Buffer.concat([bytes, chunk])
        },
        read: async (offset, sizeBytes) => bytes.subarray(offset, offset + sizeBytes),
        keep: async (integrity, sha512) => {
          files.set(integrity, { sha512, bytes })
          return { sha512, sizeBytes: bytes.length, path: integrity }
        },
        drop: async () => undefined,
      }
    },
  }
}

function putPackage(
  answers: World['answers'],
  {
    name,
    releases,
    more,
  }: {
    readonly name: PackageName
    readonly releases: readonly TestRelease[]
    readonly more: JsonObject
  },
): void {
  const file = name.slice(name.indexOf('/') + 1)
  const versions = releases.map(({ version, manifest = {}, own = manifest, dist = {} }) => {
    const tarball = makePackage({ name, version, ...own })
    const path = `/${name}/-/${file}-${version}.tgz`
    answers.set(path, { body: tarball, headers: { 'content-length': String(tarball.length) } })
    const integrity = `sha512-${hash('sha512', tarball, 'base64')}`
    const address = `${upstreamUrl}${path}`
    return [
      version,
      { name, version, ...manifest, dist: { tarball: address, integrity, ...dist } },
    ] as const
  })
  const latest = releases.at(-1)?.version ?? ''
  const document = {
    name,
    'dist-tags': { latest },
    versions: Object.fromEntries(versions),
    ...more,
  }
  const body = Buffer.from(JSON.stringify(document))
  answers.set(`/${name.replace('/', '%2F')}`, {
    body,
    headers: { etag: `"${hash('sha256', body)}"` },
  })
}
