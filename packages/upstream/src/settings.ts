// The settings of upstreams.
import { duration, kindOf, list, objects, type Section, size, text, toggle } from '@stele/settings'
import { type Kind, refuse, urlOr } from '@stele/settings/own-kinds'
import {
  freshMs,
  leastMinimumAgeMs,
  leastPackumentBytes,
  leastSpaceBytes,
  mostFreshMs,
  mostMinimumAgeMs,
  mostPackumentBytes,
  mostSpaceBytes,
  packumentBytes,
  spaceBytes,
  timeoutMs,
} from './limits.ts'
import { parseBlocked } from './screening.ts'

/** What the operator says about upstreams. */
export type UpstreamSettings = {
  /** The one that is asked for everything else, in short: its address, or `npm` for the one that npm is configured with. */
  readonly upstream: string | null
  readonly upstreams: readonly {
    readonly id: string
    readonly url: string
    readonly scopes: readonly string[]
    readonly token: string
    readonly tarballHosts: readonly string[]
    readonly search: boolean
  }[]
  /** Names, and scopes as `@scope/*`, that are never asked of anybody. */
  readonly private: readonly string[]
  /** Names, names with ranges as `lib@<1.2.3`, and scopes as `@scope/*`, that clients do not get. */
  readonly upstreamBlocked: readonly string[]
  /** How old a version must be before clients get it, ms. */
  readonly upstreamMinimumAgeMs: number
  /** Bytes that tarballs of upstreams may take. */
  readonly upstreamSpace: number
  /** Bytes of a packument of an upstream, without its coding. */
  readonly upstreamPackumentSize: number
  /** How long an upstream may take to answer, and may then be silent, ms. */
  readonly upstreamTimeoutMs: number
  /** How long what an upstream said is served without asking again, ms. */
  readonly upstreamFreshMs: number
}

/** Said in place of an address: the registry that npm on this machine is configured with. */
export const npm = 'npm'

const blocked = kindOf(
  'a name such as "lib" or "@team/lib", a scope as "@team/*", or versions as "lib@1.2.3" or "lib@<1.2.3"',
  (found) => (typeof found === 'string' && parseBlocked(found) !== undefined ? found : undefined),
)

const age = duration(0, mostMinimumAgeMs)

/** A bare number is taken for milliseconds, as everywhere: who writes 3 means days. */
const minimumAge: Kind<number> = {
  wanted: '0, or an age from "1 min" to "365 d", such as "3 d"',
  parse: (found, place) => {
    const ageMs = age.parse(found, place)
    if (ageMs > 0 && ageMs < leastMinimumAgeMs) throw refuse(found, place, minimumAge.wanted)
    return ageMs
  },
}

/** It is sent as it stands: what looks like a variable was meant to be filled in. */
const token: Kind<string> = {
  wanted: 'the token itself, without spaces',
  parse: (found, place) => {
    if (typeof found === 'string' && /\$\{|^\$\w+$/.test(found)) {
      throw refuse(found, place, filledIn)
    }
    if (typeof found === 'string' && /^[!-~]{1,8192}$/.test(found)) return found
    throw refuse('…', place, token.wanted) // It may be a secret all the same.
  },
}

const filledIn =
  'the token itself: variables are not filled in here. To keep it out of the file, give the whole list in the variable STELE_UPSTREAMS, as JSON'

const scope = text('a scope such as "@team"', /^@[^/\s]+$/)

const addressOrNpm = urlOr(npm)

const address: Kind<string> = {
  wanted: addressOrNpm.wanted,
  parse: (found, place) => {
    const { username = '', password = '' } = URL.parse(String(found)) ?? {}
    if (username !== '' || password !== '') throw refuse(found, place, withoutCredentials)
    return addressOrNpm.parse(found, place)
  },
}

const withoutCredentials =
  'an address without credentials; a token is given as "token", to an upstream in the list "upstreams"'

export const upstreamSection: Section<UpstreamSettings> = {
  name: '',
  fields: {
    upstream: {
      summary:
        'a registry that is asked for everything that is not here: its address, or npm for the one that npm is configured with',
      kind: address,
      fallback: null,
    },
    upstreams: {
      summary:
        'registries that are asked for what is not here, a JSON list; each has id, url, and, where wanted, scopes, token, tarballHosts and search',
      kind: objects<UpstreamSettings['upstreams'][number]>({
        id: {
          summary: 'what the log calls it',
          kind: text(
            'a short name of lower-case letters, digits and dashes, and not "hosted"',
            /^(?!hosted$)[a-z0-9][a-z0-9-]{0,31}$/,
          ),
        },
        url: { summary: 'its address, or npm as above', kind: address },
        scopes: {
          summary:
            'scopes that are asked of it alone; without any, it is asked for everything else',
          kind: list(scope),
          fallback: [],
        },
        tarballHosts: {
          summary: 'hosts besides its own that its tarballs lie on',
          kind: list(
            text('a host such as "cdn.example" or "cdn.example:8080"', /^[\w.-]+(?::\d+)?$/),
          ),
          fallback: [],
        },
        search: {
          summary:
            'whether it is told of searches, and what it finds is shown (the first that says so)',
          kind: toggle,
          fallback: false,
        },
        token: {
          summary: 'what it knows this server by',
          kind: token,
          fallback: '',
        },
      }),
      fallback: [],
    },
    private: {
      summary: 'names, and scopes as "@team/*", that no upstream is ever asked for',
      kind: list(
        text(
          'a name such as "lib" or "@team/lib", or a scope as "@team/*"',
          /^(?:@[\w.~-]+\/(?:\*|[\w.~-]+)|[\w.~-][\w.~-]*)$/,
        ),
      ),
      fallback: [],
    },
    upstreamBlocked: {
      summary:
        'what clients do not get of upstreams: names, scopes as "@team/*", or versions as "lib@1.2.3" and "lib@<1.2.3"',
      kind: list(blocked),
      fallback: [],
    },
    upstreamMinimumAgeMs: {
      summary:
        'how old a version of an upstream must be before clients get it, such as "3 d"; a number alone is milliseconds',
      kind: minimumAge,
      fallback: 0,
    },
    upstreamSpace: {
      summary:
        'how much disk the tarballs of upstreams may take, and packuments an eighth as much; what was not used for longest is fetched again',
      kind: size(leastSpaceBytes, mostSpaceBytes),
      fallback: spaceBytes,
    },
    upstreamPackumentSize: {
      summary:
        'how large a packument of an upstream may be, without its coding; reading one takes ten times as much memory',
      kind: size(leastPackumentBytes, mostPackumentBytes),
      fallback: packumentBytes,
    },
    upstreamTimeoutMs: {
      summary:
        'how long an upstream may take to begin its answer, or be silent in it, in milliseconds',
      kind: duration(100, 3_600_000),
      fallback: timeoutMs,
    },
    upstreamFreshMs: {
      summary:
        'how long what an upstream said of a package is served without asking again, in milliseconds',
      kind: duration(0, mostFreshMs),
      fallback: freshMs,
    },
  },
}
