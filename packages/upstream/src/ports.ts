// What the proxy needs of the world.
import type { PackageName } from '@stele/formats/names'
import type { ContentsValue } from '@stele/formats/values'
import type { SeenLine } from '@stele/releases/observed'
import type { Form } from '@stele/releases/release'
import type { Taken, Taking } from './take-in.ts'

/** A registry that is asked. `url` has no slash at its end. */
export type Upstream = {
  /** How the log calls it: lower-case letters, digits, dashes. */
  readonly id: string
  readonly url: string
  /** Scopes that are asked of it, `@scope`; none: every name that no other upstream has the scope of. */
  readonly scopes: readonly string[]
  /** Hosts besides its own that its tarballs may be fetched from, with their ports where they have one. */
  readonly tarballHosts: readonly string[]
  /** Searches are told to it. */
  readonly search?: boolean
  /** The Authorization header that it wants; empty: none. */
  readonly authorization: string
}

/** What an upstream answers. The body must be read to its end, or cancelled. */
export type Answer = {
  readonly status: number
  /** By lower-case name. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: AsyncIterable<Uint8Array>
  readonly cancel: () => void
  /** From now on the body comes to its end within that time; else it ends with this error. */
  readonly endWithin: (timeMs: number, error: Error) => void
}

/**
 * A GET, or with a body a POST, of that address: redirects are answers. Rejects when no answer comes: the connection, the name,
 * time (then with an error that is called TimeoutError).
 */
export type Get = (ask: {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: Uint8Array
}) => Promise<Answer>

/** A packument that was taken in before, without its text. */
export type KeptHead = {
  readonly upstream: string
  /** When the upstream said last that it is so, ms. */
  readonly checkedMs: number
  /** The upstream's. */
  readonly etag: string | undefined
  /** Undefined: there is no such package. */
  readonly digest: string | undefined
  readonly modifiedMs: number | undefined
  /** What the log said when it was made (`basis.ts`); undefined where there is no packument. */
  readonly basis: string | undefined
}

/** Where what upstreams said is kept. It can be lost at any time: then they are asked again. */
export type Kept = {
  readonly head: (name: string, form: Form) => KeptHead | undefined
  /** The packument's template (`take-in.ts`), packed. */
  readonly template: (name: string, form: Form) => Uint8Array | undefined
  /** What releases are chosen by that no template tells (`pins.ts`), packed; undefined where there is no such one. */
  readonly pins: (name: string) => Uint8Array | undefined
  readonly save: (
    name: string,
    form: Form,
    kept: KeptHead & {
      readonly template: Uint8Array
      readonly pins: Uint8Array | undefined
      /** True where the upstream shows some of it otherwise by now: the pins stay when the packument goes. */
      readonly isOnlyCopy: boolean
    },
  ) => void
  /** That there is no such package, or that what is kept still holds: where that was removed meanwhile, nothing is kept. */
  readonly saveHead: (name: string, form: Form, head: KeptHead) => void
}

/** What the log says. */
export type PinnedState = {
  /** Every package, also hosted ones. They are listed when the first one is asked for. */
  readonly names: () => Iterator<string>
  /** `hosted`, an upstream's id, or undefined. */
  readonly origin: (name: string) => string | undefined
  /** True where the name, or its scope, is reserved for accounts. */
  readonly isReserved: (name: string) => boolean
  /** The blobs of the chunks that were seen, in their order. */
  readonly chunks: (name: string) => readonly string[]
  /** One of them, by its number from 0. */
  readonly chunk: (name: string, n: number) => string | undefined
  /** A chunk's lines; undefined where they are withheld. */
  readonly chunkText: (blob: string) => string | undefined
  /** How a version was seen first; undefined also while some of what was seen is withheld. */
  readonly seen: (name: string, version: string) => SeenLine | undefined
  /** The integrity of a release that was chosen. */
  readonly chosen: (name: string, version: string) => string | undefined
  /** The record that it was seen with. */
  readonly chosenRecord: (name: string, version: string) => string | undefined
  /** The releases that were chosen, with the records that they were seen with. */
  readonly chosenReleases: (
    name: string,
  ) => readonly { readonly version: string; readonly integrity: string; readonly record: string }[]
  readonly contents: (name: string, version: string) => ContentsValue | undefined
  /** The chosen versions that have none; of a package that belongs to its upstream still. */
  readonly unlearned: (name: string) => readonly string[]
  readonly hasConflict: (name: string, version: string, integrity: string) => boolean
  /** How many other integrities of a release were noted. */
  readonly conflictCount: (name: string, version: string) => number
  /** The records that replace the first ones, canonical JSON by version. */
  readonly amended: (name: string) => ReadonlyMap<string, string>
  /** The other record that was noted. */
  readonly differs: (name: string, version: string) => string | undefined
}

/** Calls of the host into the rules. Each resolves when it is durable, and throws what they refuse. */
export type HostCalls = {
  readonly see: (seen: {
    readonly name: string
    readonly upstream: string
    readonly n: number
    readonly chunk: string
    readonly count: number
  }) => Promise<void>
  readonly choose: (releases: readonly Choice[]) => Promise<void>
  readonly contents: (releases: readonly ApartRelease[]) => Promise<void>
  readonly amend: (
    amended: OwnRecord & { readonly name: string; readonly version: string },
  ) => Promise<void>
  readonly conflict: (name: string, version: string, integrity: string) => Promise<void>
  readonly differ: (name: string, version: string, record: string) => Promise<void>
}

/** A release as it is chosen. `record` is canonical JSON. */
type Choice = {
  readonly name: string
  readonly version: string
  readonly integrity: string
  readonly record: string
}

/** What the tarball of a release holds. */
export type ApartRelease = {
  readonly name: string
  readonly version: string
  readonly contents: ContentsValue
}

/** What a tarball's own package.json tells. `record` is canonical JSON. */
type OwnRecord = { readonly record: string; readonly packageJson: Uint8Array }

/** A tarball taken apart; nothing of its own where it cannot be. */
export type Apart = { readonly contents: ContentsValue; readonly own: OwnRecord | undefined }

/** A tarball that is here, by its SHA-512 in hex. */
export type HeldTarball = {
  readonly sha512: string
  readonly sizeBytes: number
  readonly path: string
}

/**
 * Where tarballs of upstreams are kept. They can be lost at any time, and are fetched again then; but not those of packages
 * that no upstream is asked for any more.
 */
export type Tarballs = {
  /**
   * By the integrity that it was checked against, for a package, which is noted: another one may have the same bytes. What
   * the file holds is checked when it is first used, and where it was written to since.
   */
  readonly find: (
    integrity: string,
    name: string,
  ) => HeldTarball | undefined | Promise<HeldTarball | undefined>
  /** What is here of that package outlives a power cut from now on. Throws `disk_full`, `server_busy`. */
  readonly makeDurable: (name: string) => Promise<void>
  /** A place for a tarball of that package. */
  readonly receive: (name: string) => Promise<Receiving>
  /** One that is here, to be read also if it is removed meanwhile. */
  readonly open: (held: HeldTarball) => Promise<{
    readonly read: Receiving['read']
    readonly close: () => Promise<void>
  }>
  /** How many bytes all of them may take: none can be larger. */
  readonly maxBytes: number
}

/** A tarball that is coming in. */
export type Receiving = {
  readonly append: (chunk: Uint8Array) => Promise<void>
  /** Bytes that were appended, at most so many from there. */
  readonly read: (offset: number, sizeBytes: number) => Promise<Uint8Array>
  /** Keeps it: durable, and found from now on by this integrity. */
  readonly keep: (integrity: string, sha512: string) => Promise<HeldTarball>
  readonly drop: () => Promise<void>
}

/** What happened that an operator wants to hear of. */
export type UpstreamEvent =
  | {
      readonly kind: 'dropped'
      readonly name: string
      readonly version: string
      readonly reason: string
    }
  | {
      readonly kind: 'conflict'
      readonly spec: string
      readonly pinned: string
      readonly shown: string
    }
  | {
      /** Another record than was pinned, by the SHA-256 of each, of the same bytes. */
      readonly kind: 'difference'
      readonly spec: string
      readonly pinned: string
      readonly shown: string
    }
  | {
      /** So many more changes of one packument than are logged of it: they are refused like the others. */
      readonly kind: 'not_logged'
      readonly name: string
      readonly count: number
      readonly reason: string
    }
  | {
      /** Searches are told to it, and what it answers is of no use: only what is here is found. */
      readonly kind: 'unsearchable'
      readonly upstream: string
      readonly reason: string
    }
  | { readonly kind: 'not_learned'; readonly spec: string; readonly reason: string }
  | { readonly kind: 'not_noted'; readonly spec: string; readonly reason: string }
  | {
      /** The upstream answers, and what it answers is of no use: what it said last is served on. */
      readonly kind: 'stale'
      readonly name: string
      readonly code: string
      readonly reason: string
    }
  | { readonly kind: 'unreachable'; readonly upstream: string; readonly reason: string }

/** Everything. */
export type UpstreamPorts = {
  readonly upstreams: readonly Upstream[]
  readonly get: Get
  /** How long what an upstream said holds, ms. */
  readonly freshMs: number
  /** Bytes of a packument as it comes over the network, and without its coding. */
  readonly maxPackumentBytes: number
  readonly kept: Kept
  readonly tarballs: Tarballs
  readonly state: PinnedState
  readonly calls: HostCalls
  /** Takes a packument in, on whichever thread is free. The body is there afterwards where it may be asked for again: up to `largePackumentBytes`. */
  readonly takeIn: (taking: Taking) => Promise<Taken>
  /** Takes a tarball apart, on whichever thread is free. */
  readonly takeApart: (held: HeldTarball) => Promise<Apart>
  /** Does what nobody waits for when there is time; undefined where there is none. */
  readonly behind: <T>(work: () => Promise<T>) => Promise<T | undefined>
  /** Takes a coding off. Undefined beyond `maxBytes`; throws for a coding that it does not know, or that is broken. */
  readonly decode: (
    bytes: Uint8Array,
    coding: string,
    maxBytes: number,
  ) => Promise<Uint8Array | undefined>
  /** Counts what a client wants that is not here yet. Throws upstream_budget_spent. */
  readonly takeCold: (client: string | undefined) => void
  /** Counts an audit or a search that an upstream is asked. Throws upstream_budget_spent. */
  readonly takeQuestion: (client: string | undefined) => void
  /** Milliseconds since 1970 when the process started; from then on it never goes back. */
  readonly now: () => number
  readonly random: (sizeBytes: number) => Uint8Array
  readonly report: (event: UpstreamEvent) => void
}

/** A package of an upstream that is asked for. */
export type Wanted = { readonly name: PackageName; readonly form: Form }

/** The forms of a packument. */
export const forms: readonly Form[] = ['abbreviated', 'full']
