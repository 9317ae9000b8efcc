// The app: finds the route, runs it, turns errors into answers, finishes the reply, reports. Never throws.
import { randomUUID } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { createAccess } from './access.ts'
import type { App, Ask, Reply } from './ask.ts'
import { type Asked, openAsk } from './asked.ts'
import type { Draft } from './draft.ts'
import { toReply } from './error-reply.ts'
import { accessEvent, safePath } from './event.ts'
import { finish } from './finish.ts'
import { filesRoutes } from './log/files.ts'
import { proofRoutes } from './log/proof.ts'
import { accountRoutes } from './npm/account.ts'
import { factsRoutes } from './npm/facts.ts'
import { packumentRoutes } from './npm/packument.ts'
import { publishRoutes } from './npm/publish.ts'
import { searchRoutes } from './npm/search.ts'
import { tagRoutes } from './npm/tags.ts'
import { tarballRoutes } from './npm/tarball.ts'
import { tokenRoutes } from './npm/tokens.ts'
import { userRoutes } from './npm/user.ts'
import type { AppPorts } from './ports.ts'
import { createRouter, type Router } from './router.ts'
import { parseTarget } from './target.ts'

/** The app over its ports: every face that has an address. Tests call it without a server. */
export function createApp(ports: AppPorts): App {
  const context: Context = { ports, router: routerOf(ports) }
  return (ask) => answer(context, ask)
}

type Context = { readonly ports: AppPorts; readonly router: Router }

/** What is known of a request so far. */
type Progress = { asked?: Asked; code?: string }

function routerOf(ports: AppPorts): Router {
  const access = createAccess(ports)
  return createRouter([
    ...factsRoutes(ports),
    ...packumentRoutes(ports),
    ...tarballRoutes(ports),
    ...publishRoutes(ports, access),
    ...tagRoutes(ports, access),
    ...userRoutes(ports, access),
    ...accountRoutes(ports, access),
    ...tokenRoutes(ports, access),
    ...searchRoutes(ports),
    ...filesRoutes(ports),
    ...proofRoutes(ports),
  ])
}

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
  const target = parseTarget(ask.url, settings.mountPath)
  const found = target === undefined ? undefined : context.router(ask.method, target.path)
  if (target === undefined || found === undefined) {
    throw new SteleError('route_not_found', { method: ask.method, path: safePath(ask.url) })
  }
  progress.asked = openAsk(ask, target, settings)
  return found.route.answer(progress.asked, found.params)
}

function reportBug(ports: AppPorts, ask: Ask, error: unknown): string {
  const id = randomUUID()
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  ports.report({ type: 'bug', id, method: ask.method, path: safePath(ask.url), stack })
  return id
}
