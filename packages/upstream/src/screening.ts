// Versions of upstreams that the operator keeps from clients: those that are blocked, and those that are younger than a version
// must be. Nothing of it is in the log: they are seen like all others, and only not told on.
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, parseTolerantJson } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import { highestUpTo, parseRange } from '@stele/formats/ranges'
import { baseMark } from '@stele/releases/observed'
import { type Form, isoTime, parseTime } from '@stele/releases/release'
import { maxScreenedKept } from './limits.ts'
import type { KeptHead, UpstreamPorts } from './ports.ts'
import type { Proxy } from './proxy.ts'

/** What is kept from clients. */
type Screening = {
  /** Names, or names with a range behind an `@`. */
  readonly blocked: readonly string[]
  /** How old a version must be, by what its upstream says, ms; 0: it need not. */
  readonly minimumAgeMs: number
}

/** Splits what the operator blocks; the whole package where no range is named. Undefined for what is neither. */
export function parseBlocked(text: string): Blocked | undefined {
  const [, name, range] = /^((?:@[^/@\s]+\/)?[^/@\s]+)(?:@(.+))?$/.exec(text) ?? []
  if (name === undefined) return undefined
  if (range === undefined) return { text, name, covers: undefined }
  const covers = parseRange(range)
  return covers && { text, name, covers }
}

type Blocked = {
  /** As the operator wrote it. */
  readonly text: string
  readonly name: string
  readonly covers: ((version: string) => boolean) | undefined
}

/** The versions of a packument that are held back, each with why; and until when that holds, ms. */
type Held = {
  readonly of: string
  readonly versions: ReadonlyMap<string, string>
  readonly untilMs: number
}

const nothing: ReadonlyMap<string, string> = new Map()

/** What is known to be held back. */
type Holding = {
  /** What blocks the version, or, where none is named, the package as a whole. */
  readonly ruleOf: (name: string, version?: string) => Blocked | undefined
  /** False where nothing of a package changed lately: then none of its versions is young, and their times need not be known. */
  readonly mayBeYoung: (head: KeptHead) => boolean
  /** The versions of a packument that was prepared, each with why. */
  readonly heldOf: (name: string, form: Form) => ReadonlyMap<string, string>
}

/** The proxy, without what is held back. Its `prepare` and `tarball` throw upstream_held_back besides. */
export function createScreening(
  proxy: Proxy,
  screening: Screening,
  { now, random }: Pick<UpstreamPorts, 'now' | 'random'>,
): Proxy {
  const { blocked, minimumAgeMs } = screening
  if (blocked.length === 0 && minimumAgeMs === 0) return proxy
  const holding = createHolding(proxy, screening, now)
  const { heldOf } = holding
  const prepare = createPrepare(proxy, holding)
  return {
    ...proxy,
    prepare,
    head: (name, form) => {
      const head = proxy.head(name, form)
      const held = heldOf(name, form)
      if (head?.digest === undefined || held.size === 0) return head
      const digest = hash('sha256', [head.digest, ...held.keys()].join(' '))
      return { ...head, digest }
    },
    template: (name, form) => {
      const held = heldOf(name, form)
      const template = proxy.template(name, form)
      if (template === undefined || held.size === 0) return template
      return screen(template, held, Buffer.from(random(16)).toString('hex'))
    },
    tarball: createTarball(proxy, { prepare, holding, minimumAgeMs }),
  }
}

function createPrepare(proxy: Proxy, { ruleOf, mayBeYoung }: Holding): Proxy['prepare'] {
  return async (name, form, client) => {
    const rule = proxy.whose(name) === undefined ? undefined : ruleOf(name)
    if (rule !== undefined) throw heldBack(`"${name}"`, blockedBy(rule))
    const head = await proxy.prepare(name, form, client)
    // Only the full form has the times of versions for certain.
    if (head?.digest === undefined || form === 'full' || !mayBeYoung(head)) return head
    await proxy.prepare(name, 'full', client)
    return head
  }
}

function createTarball(
  proxy: Proxy,
  {
    prepare,
    holding: { ruleOf, heldOf },
    minimumAgeMs,
  }: {
    readonly prepare: Proxy['prepare']
    readonly holding: Holding
    readonly minimumAgeMs: number
  },
): Proxy['tarball'] {
  /** Where the upstream cannot be asked, what is known of the version decides. */
  const refuseYoung = async (name: PackageName, version: string): Promise<void> => {
    await prepare(name, 'abbreviated').catch((error: unknown) => {
      if (!isSteleError(error)) throw error
    })
    const reason = heldOf(name, 'abbreviated').get(version) ?? heldOf(name, 'full').get(version)
    if (reason !== undefined) throw heldBack(`${name}@${version}`, reason)
  }
  return async (name, version, client) => {
    // Also of what is kept though its upstream is asked no more.
    const rule = ruleOf(name, version)
    if (rule !== undefined) throw heldBack(`${name}@${version}`, blockedBy(rule))
    if (proxy.whose(name) === undefined || minimumAgeMs === 0) {
      return proxy.tarball(name, version, client)
    }
    await refuseYoung(name, version)
    const found = await proxy.tarball(name, version, client)
    await refuseYoung(name, version) // The packument may have been asked for anew because of this version.
    return found
  }
}

function createHolding(
  proxy: Proxy,
  { blocked, minimumAgeMs }: Screening,
  now: () => number,
): Holding {
  const rules = Map.groupBy(
    blocked.flatMap((text) => parseBlocked(text) ?? []),
    ({ name }) => name,
  )
  const known = new Map<string, Held>()
  const ruleOf: Holding['ruleOf'] = (name, version) =>
    rules.get(name)?.find(({ covers }) => {
      if (covers === undefined) return true
      return version !== undefined && covers(version)
    })
  const mayBeYoung: Holding['mayBeYoung'] = ({ modifiedMs = Number.POSITIVE_INFINITY }) =>
    minimumAgeMs > 0 && modifiedMs > now() - minimumAgeMs

  function find(name: string, form: Form, head: KeptHead): Omit<Held, 'of'> {
    const times = mayBeYoung(head) ? membersOf(readTemplate(proxy, name, 'full')['time']) : {}
    const found = new Map<string, string>()
    let untilMs = Number.POSITIVE_INFINITY
    const versions = membersOf(readTemplate(proxy, name, form)['versions'])
    for (const version of Object.keys(versions)) {
      const rule = ruleOf(name, version)
      const atMs = publishedAt(times, version)
      if (rule !== undefined) found.set(version, blockedBy(rule))
      else if (atMs === 'unknown') found.set(version, 'its age is not known yet')
      else if (atMs + minimumAgeMs > now()) {
        untilMs = Math.min(untilMs, atMs + minimumAgeMs)
        found.set(version, `it is too young for this registry until ${isoOf(atMs + minimumAgeMs)}`)
      }
    }
    return { versions: found, untilMs }
  }

  const heldOf: Holding['heldOf'] = (name, form) => {
    const head = proxy.head(name, form)
    if (head?.digest === undefined) return nothing
    if (!rules.has(name) && !mayBeYoung(head)) return nothing
    const of = `${head.digest} ${proxy.head(name, 'full')?.digest}`
    const key = `${form} ${name}`
    const before = known.get(key)
    if (before?.of === of && now() < before.untilMs) return before.versions
    if (known.size >= maxScreenedKept) known.clear()
    const held = { of, ...find(name, form, head) }
    known.set(key, held)
    return held.versions
  }
  return { ruleOf, mayBeYoung, heldOf }
}

function readTemplate(proxy: Proxy, name: string, form: Form): JsonObject {
  const text = Buffer.from(proxy.template(name, form) ?? '{}').toString()
  return membersOf(parseTolerantJson(text.replaceAll(baseMark, ''), `"${name}"`))
}

/** The packument without those versions. What they were the tags of has none, but "latest": the highest one before it takes its place. */
function screen(template: Uint8Array, held: ReadonlyMap<string, string>, mark: string): Buffer {
  const text = Buffer.from(template).toString().replaceAll(baseMark, mark)
  const document = membersOf(parseTolerantJson(text, 'a packument'))
  const without = (members: unknown): JsonObject =>
    Object.fromEntries(Object.entries(membersOf(members)).filter(([key]) => !held.has(key)))
  const versions = without(document['versions'])
  const tags = Object.entries(membersOf(document['dist-tags'])).flatMap(([tag, version]) => {
    if (typeof version !== 'string' || !held.has(version)) return [[tag, version] as const]
    const next = tag === 'latest' ? highestUpTo(Object.keys(versions), version) : undefined
    return next === undefined ? [] : [[tag, next] as const]
  })
  const time = document['time'] === undefined ? {} : { time: without(document['time']) }
  const screened = { ...document, versions, 'dist-tags': Object.fromEntries(tags), ...time }
  return Buffer.from(JSON.stringify(screened).replaceAll(mark, baseMark))
}

/**
 * When a version was published, ms, as long ago as can be where nothing is told of any. Where others have a time, and this one
 * has not, the full form is older than the version: it is asked for again within a minute.
 */
function publishedAt(times: JsonObject, version: string): number | 'unknown' {
  const time = times[version]
  const publishedMs = typeof time === 'string' ? parseTime(time) : undefined
  if (publishedMs !== undefined) return publishedMs
  const isTold = Object.keys(times).some((key) => key !== 'created' && key !== 'modified')
  return isTold ? 'unknown' : Number.NEGATIVE_INFINITY
}

function membersOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function blockedBy({ text }: Blocked): string {
  return `the operator of this registry blocks "${text}"`
}

function heldBack(spec: string, reason: string): SteleError {
  return new SteleError('upstream_held_back', { spec, reason })
}

function isoOf(timeMs: number): string {
  return `${isoTime(timeMs).slice(0, 16)}Z`
}
