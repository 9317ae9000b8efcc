// Errors of upstreams: other registries that this one asks.
import type { Catalogue } from './entry.ts'

/** `upstream` is the id that the operator gave it, `url` its address. */
export type UpstreamDetails = {
  upstream_answer_odd: {
    readonly name: string
    readonly reason: string
    readonly upstream?: string
  }
  upstream_unreachable: {
    readonly upstream: string
    readonly url?: string
    readonly what: string
    readonly reason: string
    readonly retryAfterS?: number
  }
  upstream_unsure: {
    readonly upstream: string
    readonly url?: string
    readonly name: string
    readonly reason: string
  }
  upstream_refused: {
    readonly upstream: string
    readonly url?: string
    readonly what: string
    readonly status: number
  }
  upstream_changed: {
    readonly upstream: string
    readonly spec: string
    readonly pinned: string
    readonly shown: string
  }
  /** `setting` says how much it may be; absent where that is fixed. */
  upstream_too_large: {
    readonly upstream: string
    readonly what: string
    readonly limit: number
    readonly setting?: string
  }
  upstream_budget_spent: { readonly what: string; readonly retryAfterS: number }
  amend_refused: { readonly spec: string; readonly reason: string }
  upstream_held_back: { readonly spec: string; readonly reason: string }
  upstream_owned: { readonly name: string; readonly upstream: string; readonly change: OwnedChange }
  upstream_loop: { readonly upstream: string; readonly what: string }
}

/** What somebody wants to change of a package that belongs to an upstream. */
type OwnedChange = keyof typeof owned

/** Each with what to do instead. */
const owned = {
  publish: {
    verb: 'publish',
    fix: "Publish under another name, or ask the operator to reserve this one: it becomes this registry's own then",
  },
  deprecate: {
    verb: 'deprecate',
    fix: 'Deprecate it there: what that registry says is shown here',
  },
  unpublish: {
    verb: 'unpublish',
    fix: 'What that registry removes leaves the list here too; the operator can block it here ("upstreamBlocked")',
  },
  tag: {
    verb: 'change the tags of',
    fix: 'Name a version or a range instead of a tag: its tags are those of that registry',
  },
  owner: {
    verb: 'list or change the owners of',
    fix: 'It has none here: they are changed at that registry',
  },
  star: {
    verb: 'star',
    fix: 'Only packages that were published here can be starred here',
  },
} as const

export const upstreamErrors: Catalogue<UpstreamDetails> = {
  upstream_answer_odd: {
    status: 424, // Not 502: clients would retry what stays as it is.
    message: (d) =>
      `Cannot use what ${d.upstream === undefined ? 'the upstream' : `the upstream "${d.upstream}"`} answers for "${d.name}": ${d.reason}`,
  },
  upstream_unreachable: {
    status: 503,
    message: (d) => `Cannot get ${d.what}: the upstream "${d.upstream}" ${d.reason}${at(d.url)}`,
    fix: () => 'Try again in a moment; what was fetched from it before goes on being served',
  },
  upstream_unsure: {
    status: 424, // Not 503: npm would send a large upload three times within two minutes.
    message: (d) =>
      `Cannot publish "${d.name}": nobody can tell now whether the upstream "${d.upstream}" has a package of that name, since it ${d.reason}${at(d.url)}`,
    fix: () =>
      'Try again later, or ask the operator to reserve the name or its scope, or to make it private: no upstream is asked then',
  },
  upstream_refused: {
    status: 424,
    message: (d) =>
      `Cannot get ${d.what}: the upstream "${d.upstream}" answers ${d.status}${at(d.url)}`,
    fix: () => 'Ask the operator: the upstream may want credentials, or different ones',
  },
  upstream_changed: {
    status: 409,
    message: (d) =>
      `Refusing ${d.spec}: the upstream "${d.upstream}" now has different bytes: the log pinned ${d.pinned}, it now has ${d.shown}`,
    fix: () => 'Do not install it; tell the operator, who finds the first sight in the log',
  },
  upstream_too_large: {
    status: 424,
    message: (d) =>
      `Cannot get ${d.what}: the upstream "${d.upstream}" sends more than ${d.limit} bytes${d.setting === undefined ? '' : `, the limit that the setting "${d.setting}" of this registry says`}`,
  },
  upstream_budget_spent: {
    status: 429, // Unlike a log-in that was tried too often: clients that wait and try again do the right thing.
    message: (d) => `Cannot ask upstreams now: too many ${d.what} were wanted`,
    fix: (d) => `Try again in ${Math.ceil(d.retryAfterS / 60)} minutes`,
  },
  amend_refused: { status: 409, message: (d) => `Cannot amend ${d.spec}: ${d.reason}` },
  upstream_held_back: {
    status: 403,
    message: (d) => `Cannot get ${d.spec}: ${d.reason}`,
    fix: () => 'Use another version, or ask the operator',
  },
  upstream_owned: {
    status: 403,
    message: (d) =>
      `Cannot ${owned[d.change].verb} "${d.name}": it belongs to the upstream "${d.upstream}"`,
    fix: (d) => owned[d.change].fix,
  },
  upstream_loop: {
    status: 508, // What a question that came back is answered with: whoever passed it on tells the same.
    message: (d) =>
      `Cannot get ${d.what}: asking the upstream "${d.upstream}" leads back to the registry that asks`,
    fix: () => 'Tell the operators: of the registries that ask each other, one must not',
  },
}

/** Behind the rest: who reads it knows the upstream by its id, or looks for the address. */
function at(url: string | undefined): string {
  return url === undefined ? '' : ` (${url})`
}
