// Errors of running a script.
import type { Catalogue } from './entry.ts'

export type HostDetails = {
  call_aborted: { readonly method: string; readonly reason: string }
  script_invalid: { readonly reason: string }
  engine_unknown: { readonly engine: string; readonly reason: string }
  engine_invalid: { readonly engine: string; readonly reason: string }
  engine_retired: { readonly engine: string; readonly release: string }
  service_suspended: { readonly reason: string }
  service_closed: Record<string, never>
  snapshot_invalid: { readonly reason: string }
  limits_invalid: { readonly reason: string }
}

export const hostErrors: Catalogue<HostDetails> = {
  call_aborted: {
    status: 503,
    message: (d) => `Cannot finish the call "${d.method}": ${d.reason}; nothing was changed`,
    fix: () => 'Try again',
  },
  script_invalid: { status: 400, message: (d) => `Cannot load the script: ${d.reason}` },
  engine_unknown: {
    status: 400,
    message: (d) => `Cannot run the engine ${d.engine}: ${d.reason}`,
    fix: (d) =>
      `Install a release of Stele that has this engine. "stele verify --engine ${d.engine}" runs it all the same: do that only if you trust whoever made it`,
  },
  engine_invalid: {
    status: 400,
    message: (d) => `Cannot run the engine ${d.engine}: ${d.reason}`,
  },
  engine_retired: {
    status: 400,
    message: (d) =>
      `Cannot run this log: it was begun by the release at commit ${d.release}, whose results depend on more than a log of it carries`,
    fix: (d) =>
      `Serve and verify it with that release (git checkout ${d.release}), or begin a new log in another folder and publish its packages there`,
  },
  service_suspended: {
    status: 503,
    message: (d) => `Cannot take calls, since the service is suspended: ${d.reason}`,
  },
  service_closed: {
    status: 503,
    message: () => 'Cannot take calls: the service is closed',
  },
  snapshot_invalid: { status: 500, message: (d) => `Cannot restore the memory: ${d.reason}` },
  limits_invalid: { status: 400, message: (d) => `Cannot take the limits: ${d.reason}` },
}
