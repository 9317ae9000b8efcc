// Puts the proxy of a registry together: network, what is kept, the log's state, and calls of the host.
import { hash, randomBytes } from 'node:crypto'
import type { RateLimit } from '@stele/accounts'
import { createRateLimiter } from '@stele/accounts/rates'
import { type CallRequest, type SubmitCall, submitTaken } from '@stele/entries/calls'
import { isSteleError, SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { scopeOf } from '@stele/formats/names'
import { clientKey } from '@stele/formats/networks'
import type { UpstreamReads } from '@stele/registry'
import type { LogReader } from '@stele/storage'
import {
  type Amending,
  createPinnedState,
  createProxy,
  type HostCalls,
  type Proxy,
  type UpstreamPorts,
  type UpstreamSettings,
} from '@stele/upstream'
import { createScreening } from '@stele/upstream/screening'
import type { Behind } from './behind.ts'
import { createDecode } from './decode.ts'
import { coldByAddress, coldInAll, questionsByAddress, questionsInAll } from './limits.ts'
import { refuseLoop } from './via.ts'

/** What a proxy is made of. */
export type ProxyOptions = {
  readonly settings: UpstreamSettings
  readonly operator: string
  readonly log: LogReader
  readonly submit: SubmitCall
  readonly report: UpstreamPorts['report']
  readonly behind: Behind
} & Pick<UpstreamPorts, 'get' | 'kept' | 'tarballs' | 'takeIn' | 'takeApart'>

/** The proxy, as the registry reads it, and as the operator amends what it pinned. */
export function openProxy(options: ProxyOptions): {
  readonly upstream: UpstreamReads
  readonly amending: Amending
  readonly holding: Proxy['holding']
  readonly catchUp: Proxy['catchUp']
  readonly stopWaiting: Proxy['stopWaiting']
  readonly settled: Proxy['settled']
} {
  const { settings, log, get, kept, tarballs, takeIn, takeApart, behind, report } = options
  const isPrivate = matcherOf(settings.private)
  const asking = createProxy({
    upstreams: settings.upstreams.map(({ token, tarballHosts, ...rest }) => ({
      ...rest,
      tarballHosts: tarballHosts.map((host) => host.toLowerCase().replace(/:(?:80|443)$/, '')),
      authorization: token === '' ? '' : `Bearer ${token}`,
    })),
    get,
    freshMs: settings.upstreamFreshMs,
    maxPackumentBytes: settings.upstreamPackumentSize,
    kept,
    tarballs,
    state: createPinnedState(log, log.blobs.read),
    calls: hostCalls(options),
    takeIn,
    takeApart,
    behind: behind.run,
    decode: createDecode(),
    takeCold: createBudget('packages that are not here yet', coldByAddress, coldInAll),
    takeQuestion: createBudget('questions to upstreams', questionsByAddress, questionsInAll),
    now: steadyNow,
    random: (sizeBytes) => randomBytes(sizeBytes),
    report,
    isPrivate,
  })
  const { upstreamBlocked, upstreamMinimumAgeMs } = settings
  const held = { blocked: upstreamBlocked, minimumAgeMs: upstreamMinimumAgeMs }
  const proxy = createScreening(asking, held, { now: steadyNow })
  const { amending, holding, stopWaiting, catchUp, settled } = proxy
  const upstream = { ...readsOf(proxy, options), isPrivate }
  return { upstream, amending, holding, stopWaiting, catchUp, settled }
}

const startMs = Date.now() - performance.now()

/** The time as it was when the process started, and what has passed since: setting the clock changes nothing. */
function steadyNow(): number {
  return Math.floor(startMs + performance.now())
}

/** What upstreams are asked on behalf of strangers: by each address so much, and by all together. */
function createBudget(
  what: string,
  address: RateLimit,
  all: RateLimit,
): (client: string | undefined) => void {
  const byAddress = createRateLimiter(what, address, steadyNow)
  const inAll = createRateLimiter(what, all, steadyNow)
  return (client) => {
    try {
      if (client !== undefined) byAddress.take(clientKey(client))
      inAll.take('all')
    } catch (cause) {
      if (!isSteleError(cause, 'rate_limited')) throw cause
      const { retryAfterS } = cause.details
      throw new SteleError('upstream_budget_spent', { what, retryAfterS }, { cause })
    }
  }
}

type Reads = Omit<UpstreamReads, 'isPrivate'>

/** With how often what is held back was asked for. */
function readsOf(proxy: Proxy, options: ProxyOptions): Reads {
  const { upstreamBlocked: blocked, upstreamMinimumAgeMs: minimumAgeMs } = options.settings
  const reads = askingReads(proxy, options)
  if (blocked.length === 0 && minimumAgeMs === 0) return reads
  let refusals = 0
  const count = <T>(asked: Promise<T>): Promise<T> =>
    asked.catch((error: unknown) => {
      if (isSteleError(error, 'upstream_held_back')) refusals += 1
      throw error
    })
  return {
    ...reads,
    prepare: (...asked) => count(reads.prepare(...asked)),
    tarball: (...asked) => count(reads.tarball(...asked)),
    heldBack: { blocked, minimumAgeMs, refusals: () => refusals },
  }
}

function askingReads(
  proxy: Proxy,
  { settings: { upstreams, upstreamFreshMs }, behind }: ProxyOptions,
): Reads {
  const searched = upstreams.find(({ search }) => search)
  return {
    ids: upstreams.map(({ id }) => id),
    states: proxy.states,
    whose: proxy.whose,
    advisories: async (packages, client) => {
      for (const name of packages.keys()) refuseLoop(proxy.whose(name), name)
      return proxy.advisories(packages, client)
    },
    search: async (page, client) => {
      refuseLoop(searched?.id, page.text)
      return proxy.search(page, client)
    },
    prepareToPublish: async (name, form, client) => {
      refuseLoop(proxy.whose(name), name)
      await proxy.prepareToPublish(name, form, client)
    },
    prepare: async (name, form, client) => {
      behind.noteRequest()
      refuseLoop(proxy.whose(name), name)
      const head = await proxy.prepare(name, form, client)
      return head && { lastsMs: head.checkedMs + upstreamFreshMs - steadyNow() }
    },
    head: proxy.head,
    template: proxy.template,
    tarball: async (name, version, client) => {
      behind.noteRequest()
      refuseLoop(proxy.whose(name), name)
      const found = await proxy.tarball(name, version, client)
      if (found === undefined) return undefined
      const { integrity } = found
      if (found.kind === 'held') {
        const { path, sizeBytes } = found.held
        return { integrity, body: { file: path, sizeBytes } }
      }
      const { arriving } = found
      return { integrity, body: { bytes: arriving.bytes(), sizeBytes: arriving.sizeBytes } }
    },
  }
}

function hostCalls({ operator, submit }: ProxyOptions): HostCalls {
  const call = (
    method: string,
    request: JsonObject,
    blobs: CallRequest['blobs'] = [],
  ): Promise<void> =>
    submitTaken(submit, { account: operator, via: 'host', method, args: [request], blobs })
  return {
    see: ({ chunk, ...seen }) => {
      const bytes = Buffer.from(chunk)
      const name = hash('sha512', bytes, 'hex')
      return call('see', { ...seen, chunk: name }, [{ name, bytes }])
    },
    choose: (releases) => call('choose', { releases: releases.map((one) => ({ ...one })) }),
    contents: (releases) => call('contents', { releases: releases.map((one) => ({ ...one })) }),
    amend: ({ packageJson, ...amended }) => {
      const name = hash('sha512', packageJson, 'hex')
      return call('amend', { ...amended, blob: name }, [{ name, bytes: packageJson }])
    },
    conflict: (name, version, integrity) => call('conflict', { name, version, integrity }),
    differ: (name, version, record) => call('differ', { name, version, record }),
  }
}

/** Names, and scopes as `@scope/*`. */
function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  const all = new Set(patterns.map((pattern) => pattern.toLowerCase()))
  return (asked) => {
    const name = asked.toLowerCase() // A slip of the shift key must not tell it to anybody.
    const scope = scopeOf(name)
    return all.has(name) || (scope !== undefined && all.has(`${scope}/*`))
  }
}
