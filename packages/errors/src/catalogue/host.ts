// Errors of running a script.
import type { Catalogue } from './entry.ts'

export type HostDetails = {
  call_aborted: { readonly method: string; readonly reason: string }
  script_invalid: { readonly reason: string }
  engine_unknown: { readonly engine: string; readonly known: readonly string[] }
  service_suspended: { readonly reason: string }
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
    message: (d) => `Cannot run the engine ${d.engine}: this release knows ${d.known.join(', ')}`,
    fix: () => 'Install a release of Stele that has this engine',
  },
  service_suspended: {
    status: 503,
    message: (d) => `Cannot take calls: the service is suspended, ${d.reason}`,
  },
  snapshot_invalid: { status: 500, message: (d) => `Cannot restore the memory: ${d.reason}` },
  limits_invalid: { status: 400, message: (d) => `Cannot take the limits: ${d.reason}` },
}
