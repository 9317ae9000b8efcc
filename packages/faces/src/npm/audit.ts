// Advisories of packages (npm-wire V1, V2): the upstream that a package came from is asked, and what nobody knows is said.
import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { type Ask, type Draft, jsonDraft, type Route } from '@stele/http/routes'
import { maxShownNames } from '../limits.ts'
import type { NpmPorts } from './ports.ts'

type Ports = Pick<NpmPorts, 'registry'>

export function auditRoutes({ registry }: Ports): Route[] {
  const { advisories } = registry
  return [
    {
      method: 'POST',
      path: '/-/npm/v1/security/advisories/bulk',
      ...(advisories === undefined ? { isOffered: false } : {}),
      answer: async (ask) => {
        // Nothing is known of advisories here: `{}` would say "no vulnerability", which nobody checked.
        if (advisories === undefined) throw notOffered()
        const packages = audited(await ask.object())
        const { found, unknown, silent } = await advisories(packages, ask.client)
        if (packages.size > 0 && unknown.length === packages.size) throw notOffered(whyNot(silent))
        return jsonDraft(200, found, { 'cache-control': 'no-store', ...notice(ask, unknown) })
      },
    },
    ...['/-/npm/v1/security/audits/quick', '/-/npm/v1/security/audits'].map(
      (path): Route => ({
        method: 'POST',
        path,
        isOffered: false,
        answer: (ask): Draft => {
          // npm 7 to 10, which name their command, ask here only after a bulk audit was refused.
          const isSecond = ask.headers['npm-command'] !== undefined
          if (advisories === undefined || isSecond) throw notOffered()
          throw new SteleError('audit_too_old', {})
        },
      }),
    ),
  ]
}

function notOffered(reason?: string): SteleError {
  const what = 'audit packages'
  return new SteleError('not_offered', { what, ...(reason === undefined ? {} : { reason }) })
}

/** Of none of the packages anybody knows anything: nobody was asked, or who was has no advisories. */
function whyNot(silent: readonly string[]): string {
  if (silent.length === 0) return 'none of these came from an upstream, and nobody else is asked'
  const names = silent.map((id) => `"${id}"`).join(', ')
  return `${silent.length === 1 ? 'the upstream' : 'the upstreams'} ${names} ${silent.length === 1 ? 'offers' : 'offer'} no advisories`
}

/** Versions by name. What is no list of texts is left out: nothing can be known of it. */
function audited(body: JsonObject): ReadonlyMap<string, readonly string[]> {
  const packages = new Map<string, readonly string[]>()
  for (const [name, versions] of Object.entries(body)) {
    if (!Array.isArray(versions)) continue
    packages.set(
      name,
      versions.filter((one) => typeof one === 'string'),
    )
  }
  return packages
}

/** For a person who asked, not for each install: npm prints it. */
function notice(ask: Ask, unknown: readonly string[]): Readonly<Record<string, string>> {
  if (unknown.length === 0 || ask.headers['npm-command'] !== 'audit') return {}
  const shown = unknown.slice(0, maxShownNames).filter((name) => /^[\w.~@/-]+$/.test(name))
  const more = unknown.length - shown.length
  const names = [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return { 'npm-notice': `Not audited (no upstream has advisories for these): ${names}` }
}
