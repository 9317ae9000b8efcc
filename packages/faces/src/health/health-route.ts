// GET /-/health, of any kind of service: 503 while writes are refused or wait for ever, though reads are answered.
import { type Draft, jsonDraft, type Route } from '@stele/http/routes'

/** What health is told by. */
export type HealthOf = {
  readonly treeSize: () => number
  /** Why writes are refused now; undefined, or absent, where they are taken. */
  readonly writesRefused?: (() => string | undefined) | undefined
  /** Why the service is said not to answer; undefined, or absent, where it does. */
  readonly notAnswering?: (() => Promise<string | undefined>) | undefined
}

/** Whoever must go on reading asks `/-/ping` instead, where there is one. */
export function healthRoute(service: HealthOf): Route {
  return { method: 'GET', path: '/-/health', isOpen: true, answer: () => showHealth(service) }
}

/** What changes all the time is kept by nobody. */
export const noStore = { 'cache-control': 'no-store' }

async function showHealth(service: HealthOf): Promise<Draft> {
  const writesRefused = service.writesRefused?.()
  const notAnswering = writesRefused === undefined ? await service.notAnswering?.() : undefined
  const isWell = writesRefused === undefined && notAnswering === undefined
  const body = {
    ok: isWell,
    ...(writesRefused === undefined ? {} : { writesRefused }),
    ...(notAnswering === undefined ? {} : { notAnswering }),
    logSize: service.treeSize(),
  }
  return jsonDraft(isWell ? 200 : 503, body, noStore)
}
