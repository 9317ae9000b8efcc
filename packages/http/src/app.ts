// The app: finds the route, runs it, turns errors into answers, finishes the reply, reports. Never throws.
import { randomUUID } from 'node:crypto'
import { SteleError } from '@stele/errors'
import type { App, Ask, Reply } from './ask.ts'
import { type Asked, openAsk } from './asked.ts'
import { type AddressSettings, checkHost } from './base-address.ts'
import type { Draft } from './draft.ts'
import { routeNotFound, toReply } from './error-reply.ts'
import { accessEvent, type HttpEvent, safePath } from './event.ts'
import type { Face } from './face.ts'
import { finish } from './finish.ts'
import { createRouter, type Router } from './router.ts'
import { parseTarget } from './target.ts'

/** What the app needs. `now` gives milliseconds since 1970. */
export type AppPorts = {
  readonly faces: readonly Face[]
  readonly settings: AddressSettings
  readonly now: () => number
  readonly report: (event: HttpEvent) => void
}

/** The app over its faces. Tests call it without a server. */
export function createApp(ports: AppPorts): App {
  const context: Context = {
    ports,
    router: createRouter(ports.faces.flatMap(({ routes }) => routes)),
  }
  return (ask) => answer(context, ask)
}

type Context = { readonly ports: AppPorts; readonly router: Router }

/** What is known of a request so far. */
type Progress = { asked?: Asked; code?: string }

async function answer(context: Context, ask: Ask): Promise<Reply> {
  const { ports } = context
  const startMs = ports.now()
  const progress: Progress = {}
  const draftError = (error: unknown): Draft => {
    progress.code = error instanceof SteleError ? error.code : 'internal'
    return toReply(error, (bug) => reportBug(ports, ask, bug))
  }
  const reply = await route(context, ask, progress)
    .catch(draftError)
    .then((draft) => finish(ask, draft))
    .catch((error: unknown) => finish(ask, draftError(error)))
  const { asked, code } = progress
  ports.report(accessEvent({ ask, asked, reply, durationMs: ports.now() - startMs, code }))
  return reply
}

async function route(context: Context, ask: Ask, progress: Progress): Promise<Draft> {
  const { settings } = context.ports
  checkHost(ask, settings)
  const target = parseTarget(ask.url, settings.mountPath)
  const found =
    target === undefined
      ? undefined
      : context.router({
          method: ask.method,
          path: target.path,
          accept: ask.headers['accept'],
        })
  if (target === undefined || found === undefined) throw routeNotFound(ask)
  progress.asked = openAsk(ask, target, settings)
  const draft = await found.route.answer(progress.asked, found.params)
  return found.variesByAccept ? varyByAccept(draft) : draft
}

/** The same address answers in other forms: caches must know, whichever of them it was. */
function varyByAccept(draft: Draft): Draft {
  const vary = draft.headers['vary']
  if (vary !== undefined && /(?:^|,) *accept *(?:,|$)/i.test(vary)) return draft
  return {
    ...draft,
    headers: { ...draft.headers, vary: vary === undefined ? 'Accept' : `${vary}, Accept` },
  }
}

function reportBug(ports: AppPorts, ask: Ask, error: unknown): string {
  const id = randomUUID()
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  ports.report({ type: 'bug', id, method: ask.method, path: safePath(ask.url), stack })
  return id
}
