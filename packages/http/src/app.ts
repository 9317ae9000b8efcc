// The app: finds the route, runs it, turns errors into answers, finishes the reply, reports. Never throws.
import { randomUUID } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { type Ask, openAsk } from './ask.ts'
import { type AddressSettings, checkHost } from './base-address.ts'
import { type Draft, forReaders, varyBy } from './draft.ts'
import { reasonOf, routeNotFound, toReply } from './error-reply.ts'
import { accessEvent, type HttpEvent } from './event.ts'
import type { App, Incoming, Reply, Switch, Upgrades } from './exchange.ts'
import type { Face } from './face.ts'
import { finish } from './finish.ts'
import { type AllHabits, joinHabits } from './habits.ts'
import { wantsFirst } from './negotiation.ts'
import { createReadyAnswers, type ReadyAnswers } from './ready-answers.ts'
import { createRouter, type Route, type Router } from './router.ts'
import { parseTarget, type Target } from './target.ts'
import { createUpgradeFinder, type UpgradeFinder } from './upgrade-finder.ts'

/** What the app needs. `now` gives milliseconds since 1970. */
export type AppPorts = {
  readonly faces: readonly Face[]
  readonly settings: AddressSettings
  readonly now: () => number
  readonly report: (event: HttpEvent) => void
  /** Hears of every answer, and says whether its access event is wanted too; absent, each is. */
  readonly noteAnswer?: (method: string, status: number) => boolean
  /** Differs after every commit of what lasting answers depend on; absent, none is kept ready. */
  readonly version?: () => number
  /** Throws unauthenticated for whoever may not read here; absent, everyone may. Routes that are open do not ask it. */
  readonly admit?: (ask: Ask) => Promise<void>
}

/** The app over its faces. Tests call it without a server. */
export function createApp(ports: AppPorts): App {
  const context: Context = {
    ports,
    habits: joinHabits(ports.faces),
    router: createRouter(ports.faces.flatMap(({ routes }) => routes)),
    findUpgrade: createUpgradeFinder(ports.faces.flatMap(({ upgrades = [] }) => upgrades)),
    ready: openReadyAnswers(ports),
  }
  const upgrades: Upgrades = {
    has: (incoming) => findUpgrade(context, incoming) !== undefined,
    open: (incoming) => openUpgrade(context, incoming),
  }
  return Object.assign((incoming: Incoming) => answer(context, incoming), { upgrades })
}

type Context = {
  readonly ports: AppPorts
  readonly habits: AllHabits
  readonly router: Router
  readonly findUpgrade: UpgradeFinder
  readonly ready: ReadyAnswers | undefined
}

/** None where forwarding headers decide the address that answers name: it is not part of what tells them apart. */
function openReadyAnswers({ version, settings }: AppPorts): ReadyAnswers | undefined {
  const isAddressOwn = settings.publicUrl !== undefined || settings.trustedProxies.length === 0
  return version !== undefined && isAddressOwn ? createReadyAnswers(version) : undefined
}

/** What is known of a request so far. */
type Progress = { ask?: Ask; code?: string; route?: Route }
type AnsweredAt = { readonly incoming: Incoming; readonly reply: Reply; readonly startMs: number }

async function answer(context: Context, incoming: Incoming): Promise<Reply> {
  const { ports, ready } = context
  const found = ready?.find(incoming)
  if (found !== undefined) {
    const entrance = ports.admit === undefined ? {} : await enter(context, incoming)
    if ('refusal' in entrance) return entrance.refusal
    const isWanted = ports.noteAnswer?.(incoming.method, found.status) !== false
    if (isWanted) {
      const target = targetOf(context, incoming)
      const ask = entrance.ask ?? (target && open(context, incoming, target))
      reportAccess(context, { incoming, reply: found, startMs: ports.now(), ...(ask && { ask }) })
    }
    return found
  }
  const keep = ready?.begin(incoming)
  const reply = await settle(context, incoming, (progress) => route(context, incoming, progress))
  keep?.(reply)
  return reply
}

/** Who may have what is ready, as the access event tells of him; or the answer to whoever may not. */
async function enter(
  context: Context,
  incoming: Incoming,
): Promise<{ readonly ask?: Ask } | { readonly refusal: Reply }> {
  const passed: { ask?: Ask } = {}
  const refusal = await settle(
    context,
    incoming,
    async (progress) => {
      const target = targetOf(context, incoming)
      if (target === undefined) throw notFound(context, incoming)
      progress.ask = open(context, incoming, target)
      await context.ports.admit?.(progress.ask)
      passed.ask = progress.ask
      return { status: 204, headers: {} }
    },
    () => passed.ask === undefined,
  )
  return passed.ask === undefined ? { refusal } : passed
}

/** The reply to what `work` gives or throws, reported where it is an answer. */
async function settle(
  context: Context,
  incoming: Incoming,
  work: (progress: Progress) => Promise<Draft>,
  isAnswer: () => boolean = () => true,
): Promise<Reply> {
  const { ports } = context
  const startMs = ports.now()
  const progress: Progress = {}
  let reason: string | undefined
  const draftError = (error: unknown): Draft => {
    const { 'user-agent': agent = '' } = incoming.headers
    reason = context.habits.showsOnlyStatus(agent) ? reasonOf(error) : undefined
    progress.code = error instanceof SteleError ? error.code : 'internal'
    const draft = toReply(error, (bug) => reportBug(context, incoming, bug))
    return draft.status === 401 ? askPassword(incoming, draft, progress.route) : draft
  }
  const finished = await work(progress)
    .catch(draftError)
    .then((draft) => finish(incoming, draft))
    .catch((error: unknown) => finish(incoming, draftError(error)))
  const reply = reason === undefined ? finished : { ...finished, reason }
  if (!isAnswer()) return reply
  const isWanted = ports.noteAnswer?.(incoming.method, reply.status) !== false
  if (isWanted) reportAccess(context, { incoming, reply, startMs, ...progress })
  return reply
}

/** A browser asks the person for a name and a password. npm would print the challenge instead of the error. */
function askPassword({ headers }: Incoming, draft: Draft, route: Route | undefined): Draft {
  if (route?.asksPassword !== true && !wantsFirst(headers['accept'], 'text/html')) return draft
  const challenge = { 'www-authenticate': 'Basic realm="registry", charset="UTF-8"' }
  return { ...draft, headers: { ...draft.headers, ...challenge } }
}

function reportAccess(
  { ports, habits }: Context,
  { incoming, reply, startMs, ask, code }: Progress & AnsweredAt,
): void {
  const durationMs = ports.now() - startMs
  ports.report(accessEvent({ incoming, ask, reply, durationMs, code, habits }))
}

async function route(context: Context, incoming: Incoming, progress: Progress): Promise<Draft> {
  checkHost(incoming, context.ports.settings)
  const target = targetOf(context, incoming)
  const found =
    target === undefined
      ? undefined
      : context.router({
          method: incoming.method,
          path: target.path,
          accept: incoming.headers['accept'],
        })
  if (target === undefined) throw notFound(context, incoming)
  if (found === undefined) throw notTaken(context, incoming, target)
  progress.ask = open(context, incoming, target)
  progress.route = found.route
  // What a browser once asked a person for it sends for any page: a form needs no leave of CORS.
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
  if (!isRead && incoming.headers['authorization'] !== undefined) checkOrigin(progress.ask)
  const isClosed = await pass(context, progress.ask, found.route)
  const draft = await found.route.answer(progress.ask, found.params)
  const varied = found.variesByAccept ? varyBy(draft, 'Accept') : draft
  return isClosed ? forReaders(varied) : varied
}

/** True where the answer is for those alone who were let in. Throws what `admit` throws. */
async function pass({ ports }: Context, ask: Ask, route?: Route): Promise<boolean> {
  if (ports.admit === undefined || route?.isOpen === true || route?.isOffered === false)
    return false
  await ports.admit(ask)
  return true
}

function targetOf({ ports, habits }: Context, { url }: Pick<Incoming, 'url'>): Target | undefined {
  return parseTarget(url, { mountPath: ports.settings.mountPath, foldPath: habits.foldPath })
}

function open({ ports, habits }: Context, incoming: Incoming, target: Target): Ask {
  const { settings } = ports
  return openAsk(incoming, { target, settings, showPath: habits.showPath })
}

function notFound({ habits, ports }: Context, { method, url }: Incoming): SteleError {
  return routeNotFound({ method, shownPath: () => habits.showPath(url) }, ports.settings.kind)
}

/** No route takes the request: none at all, or none with this method. */
function notTaken(context: Context, incoming: Incoming, { path }: Target): SteleError {
  const { method, url } = incoming
  const allow = context.router.allowed(method, path)
  if (allow.length === 0) return notFound(context, incoming)
  const shownPath = context.habits.showPath(url)
  return new SteleError('method_not_allowed', { method, path: shownPath, allow })
}

async function openUpgrade(context: Context, incoming: Incoming): Promise<Switch | Reply> {
  const opened: { value?: Switch } = {}
  const reply = await settle(context, incoming, async (progress) => {
    checkHost(incoming, context.ports.settings)
    const target = targetOf(context, incoming)
    const found =
      target === undefined ? undefined : context.findUpgrade(target.path, incoming.headers)
    if (target === undefined || found === undefined) throw notFound(context, incoming)
    progress.ask = open(context, incoming, target)
    checkOrigin(progress.ask)
    await pass(context, progress.ask)
    const { protocol } = found.upgrade
    opened.value = { protocol, ...(await found.upgrade.open(progress.ask, found.params)) }
    return { status: 101, headers: {} }
  })
  return opened.value ?? reply
}

/** A browser lets any page open a WebSocket to any host, and send it forms: other origins are refused here, where CORS does not do it. */
function checkOrigin({ headers, baseUrl }: Ask): void {
  const { origin } = headers
  if (origin === undefined || origin === new URL(baseUrl()).origin) return
  throw new SteleError('origin_refused', { origin: origin.slice(0, 255) })
}

function findUpgrade(
  context: Context,
  incoming: Pick<Incoming, 'url' | 'headers'>,
): ReturnType<UpgradeFinder> {
  try {
    const target = targetOf(context, incoming)
    return target === undefined ? undefined : context.findUpgrade(target.path, incoming.headers)
  } catch (error) {
    if (isSteleError(error)) return undefined // It is answered as any other request, with this error.
    throw error
  }
}

function reportBug({ ports, habits }: Context, incoming: Incoming, error: unknown): string {
  const id = randomUUID()
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const { method, url } = incoming
  ports.report({ type: 'bug', id, method, path: habits.showPath(url), stack })
  return id
}
