// Versions of upstreams that the operator keeps from clients: those that are blocked, and those that are younger than a version
// must be. Nothing of it is in the log: they are seen like all others, and only not told on.
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { type JsonObject, memberOf } from '@stele/formats/json'
import { type PackageName, scopeOf } from '@stele/formats/names'
import { parseRange } from '@stele/formats/ranges'
import { type Form, isoTime, parseTime } from '@stele/releases/release'
import { applyCuts, type Edit, planCuts, timesOf, versionsOf } from './cutting.ts'
import { maxScreenedKept } from './limits.ts'
import { forms, type KeptHead, type UpstreamPorts } from './ports.ts'
import type { Proxy } from './proxy.ts'

/** What is kept from clients. */
type Screening = {
  /** Names, names with a range behind an `@`, and scopes as `@scope/*`. */
  readonly blocked: readonly string[]
  /** How old a version must be, by what its upstream says, ms; 0: it need not. */
  readonly minimumAgeMs: number
}

/** Splits what the operator blocks; all of a package, or of a scope, where no range is named. Undefined for what is neither. */
export function parseBlocked(text: string): Blocked | undefined {
  if (/^@[^/@*\s]+\/\*$/.test(text)) return { text, name: text, covers: undefined }
  if (/^[^@]*\*|^@[^@]*\*/.test(text)) return undefined // Of names it would block nothing.
  const [, name, range] = /^((?:@[^/@\s]+\/)?[^/@\s]+)(?:@(.+))?$/.exec(text) ?? []
  if (name === undefined) return undefined
  if (range === undefined) return { text, name, covers: undefined }
  const covers = parseRange(range)
  return covers && { text, name, covers }
}

type Blocked = {
  /** As the operator wrote it. */
  readonly text: string
  /** A name, or a scope as `@scope/*`. */
  readonly name: string
  readonly covers: ((version: string) => boolean) | undefined
}

/** What is held back of a packument. */
type Held = {
  /** Its versions, each with why. */
  readonly versions: ReadonlyMap<string, string>
  /** What takes them out of its template. */
  readonly edits: readonly Edit[]
}

/** What that was made of, and until when it holds, ms. */
type Found = Held & { readonly of: string; readonly untilMs: number }

const nothing: Held = { versions: new Map(), edits: [] }

/** What is known to be held back. */
type Holding = {
  /** What blocks the version, or, where none is named, the package as a whole. */
  readonly ruleOf: (name: string, version?: string) => Blocked | undefined
  /** False where nothing of a package changed lately: then none of its versions is young, and their times need not be known. */
  readonly mayBeYoung: (head: KeptHead) => boolean
  /** Of a packument that was prepared. */
  readonly heldOf: (name: string, form: Form) => Held
}

/** The proxy, without what is held back. Its `prepare` and `tarball` throw upstream_held_back besides. */
export function createScreening(
  proxy: Proxy,
  screening: Screening,
  { now }: Pick<UpstreamPorts, 'now'>,
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
      const { versions } = heldOf(name, form)
      if (head?.digest === undefined || versions.size === 0) return head
      const digest = hash('sha256', [head.digest, ...versions].join(' '))
      return { ...head, digest }
    },
    template: (name, form) => {
      const { edits } = heldOf(name, form)
      const template = proxy.template(name, form)
      if (template === undefined || edits.length === 0) return template
      return applyCuts(bytesOf(template), edits)
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
    holding: { ruleOf, mayBeYoung, heldOf },
    minimumAgeMs,
  }: {
    readonly prepare: Proxy['prepare']
    readonly holding: Holding
    readonly minimumAgeMs: number
  },
): Proxy['tarball'] {
  /** Where the upstream cannot be asked, what is known of the version decides. */
  const refuseYoung = async (
    name: PackageName,
    version: string,
    client: string | undefined,
  ): Promise<void> => {
    await prepare(name, 'abbreviated', client).catch((error: unknown) => {
      if (!isSteleError(error) || error.code === 'upstream_budget_spent') throw error
    })
    const [reason] = forms.flatMap((form) => heldOf(name, form).versions.get(version) ?? [])
    if (reason !== undefined) throw heldBack(`${name}@${version}`, reason)
  }
  /** One that was pinned when it was young, and that its upstream withdrew, is not old enough for that. */
  const refuseWithdrawn = (name: PackageName, version: string): void => {
    const head = proxy.head(name, 'abbreviated')
    if (head?.digest !== undefined && !mayBeYoung(head)) return
    const shown = forms.filter((form) => proxy.head(name, form)?.digest !== undefined)
    if (shown.some((form) => isListed(proxy.template(name, form), version))) return
    throw heldBack(`${name}@${version}`, withdrawn)
  }
  return async (name, version, client) => {
    // Also of what is kept though its upstream is asked no more.
    const rule = ruleOf(name, version)
    if (rule !== undefined) throw heldBack(`${name}@${version}`, blockedBy(rule))
    if (proxy.whose(name) === undefined || minimumAgeMs === 0) {
      return proxy.tarball(name, version, client)
    }
    await refuseYoung(name, version, client)
    return proxy.tarball(name, version, client, async () => {
      await refuseYoung(name, version, client) // The packument may have been asked for anew because of this version.
      refuseWithdrawn(name, version)
    })
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
  const known = new Map<string, Found>()
  const rulesOf = (name: string): readonly Blocked[] => [
    ...(rules.get(`${scopeOf(name)}/*`) ?? []),
    ...(rules.get(name) ?? []),
  ]
  const ruleOf: Holding['ruleOf'] = (name, version) =>
    rulesOf(name).find(({ covers }) => {
      if (covers === undefined) return true
      return version !== undefined && covers(version)
    })
  const mayBeYoung: Holding['mayBeYoung'] = ({ modifiedMs = Number.POSITIVE_INFINITY }) =>
    minimumAgeMs > 0 && modifiedMs > now() - minimumAgeMs

  function find(name: string, form: Form, head: KeptHead): Omit<Found, 'of'> {
    const read = (one: Form): Buffer | undefined => {
      const template = proxy.template(name, one)
      return template && bytesOf(template)
    }
    const template = read(form)
    if (template === undefined) return { ...nothing, untilMs: Number.NEGATIVE_INFINITY }
    const publishedAt = readAges(mayBeYoung(head), () =>
      form === 'full' ? template : read('full'),
    )
    const versions = new Map<string, string>()
    let untilMs = Number.POSITIVE_INFINITY
    for (const version of versionsOf(template)) {
      const rule = ruleOf(name, version)
      const atMs = publishedAt(version)
      if (rule !== undefined) versions.set(version, blockedBy(rule))
      else if (atMs === 'unknown') versions.set(version, ageUnknown)
      else if (atMs + minimumAgeMs > now()) {
        untilMs = Math.min(untilMs, atMs + minimumAgeMs)
        versions.set(version, tooYoung(atMs + minimumAgeMs))
      }
    }
    return { versions, untilMs, edits: versions.size === 0 ? [] : planCuts(template, versions) }
  }

  const heldOf: Holding['heldOf'] = (name, form) => {
    const head = proxy.head(name, form)
    if (head?.digest === undefined) return nothing
    if (rulesOf(name).length === 0 && !mayBeYoung(head)) return nothing
    const of = `${head.digest} ${proxy.head(name, 'full')?.digest}`
    const key = `${form} ${name}`
    const before = known.get(key)
    if (before?.of === of && now() < before.untilMs) return before
    if (known.size >= maxScreenedKept) known.clear()
    const held = { of, ...find(name, form, head) }
    known.set(key, held)
    return held
  }
  return { ruleOf, mayBeYoung, heldOf }
}

/** When a version was published, ms. */
type PublishedAt = (version: string) => number | 'unknown'

/**
 * As long ago as can be where none can be young, or where the full form, which alone has the times for certain, has none at all.
 * Where it cannot be had, nobody knows. Where it has times, but not this one, it is older than the version: it is asked for again
 * within a minute.
 */
function readAges(mayBeYoung: boolean, full: () => Buffer | undefined): PublishedAt {
  if (!mayBeYoung) return () => Number.NEGATIVE_INFINITY
  const template = full()
  if (template === undefined) return () => 'unknown'
  const times = timesOf(template)
  const isTold = Object.keys(times).some((key) => key !== 'created' && key !== 'modified')
  return (version) => publishedIn(times, version) ?? (isTold ? 'unknown' : Number.NEGATIVE_INFINITY)
}

function publishedIn(times: JsonObject, version: string): number | undefined {
  const time = times[version]
  return typeof time === 'string' ? parseTime(time) : undefined
}

function isListed(template: Uint8Array | undefined, version: string): boolean {
  const versions = template && memberOf(bytesOf(template), 'versions')
  return versions !== undefined && memberOf(versions, version) !== undefined
}

function bytesOf(template: Uint8Array): Buffer {
  return Buffer.from(template.buffer, template.byteOffset, template.length)
}

const ageUnknown =
  'its age is not known yet, as the full packument of its upstream is missing or older'

const withdrawn =
  'its age cannot be known, as its upstream does not list it any more, and it was never installed from here'

function tooYoung(untilMs: number): string {
  return `it is too young for this registry until ${isoOf(untilMs)}`
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
