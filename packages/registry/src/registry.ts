// The registry as its faces see it: reads, publishing, changes. It holds no state but ready bytes.

import { submitTaken } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { type PackageName, parseAccountName, parseTag, parseVersion } from '@stele/formats/names'
import { readAccount, readNotice } from '@stele/releases/state'
import { type Changed, changeDocument, removePackage, removeVersion } from './changes.ts'
import type { HeldBack, RegistryPorts, UpstreamReads } from './ports.ts'
import { type Published, type Publishing, requirePublishable } from './publishing.ts'
import { type Put, type PutAsk, putDocument, putTarball, type TarballAsk } from './putting.ts'
import { createReading, type Reading, versionOfFile } from './reading.ts'
import { changeReservation, type Logged, type Reservation } from './reservations.ts'
import { requireActive, requireOwn, requireOwner, submitRule } from './rule-calls.ts'
import { createToldState } from './told-state.ts'

/** A registry. Writes resolve after the durable commit, and reads then show them. All throw codes of the catalogue. */
export type Registry = Reading & {
  /** PUT of a document of either kind, as bytes (npm-wire 5). */
  readonly put: (ask: PutAsk) => Promise<Put>
  /** Refuses what publishing it would, as far as that is known beforehand: for whoever publishes several, all or none. */
  readonly requirePublishable: (publishing: Publishing) => void
  /** Publishes a bare tarball. */
  readonly putTarball: (ask: TarballAsk) => Promise<Published>
  /** PUT of any other document; `rev` is the revision in the address (npm-wire B9, B10, D2, D5). */
  readonly changeDocument: (
    account: string,
    name: PackageName,
    change: { readonly rev?: string | undefined; readonly document: unknown },
  ) => Promise<Changed>
  /** DELETE of a package (npm-wire D3). */
  readonly removePackage: (account: string, name: PackageName, rev: string) => Promise<Changed>
  /** DELETE of a tarball; quiet when its version is removed already (npm-wire D2). */
  readonly removeTarball: (
    account: string,
    name: PackageName,
    tarball: { readonly file: string; readonly rev: string },
  ) => Promise<void>
  /** PUT of a tag (npm-wire D1). */
  readonly setTag: (
    account: string,
    name: PackageName,
    change: { readonly tag: string; readonly version: string },
  ) => Promise<void>
  /** DELETE of a tag (npm-wire D1). */
  readonly removeTag: (account: string, name: PackageName, tag: string) => Promise<void>
  /** Reserves or releases a name or scope, as the host says it for an account: the operator's commands. */
  readonly reserve: (account: string, reservation: Reservation) => Promise<Logged>
  readonly release: (account: string, reservation: Reservation) => Promise<Logged>
  /** Makes an account take part; nothing is logged when it does. */
  readonly join: (account: string) => Promise<void>
  /** The upstreams that are asked for what is not here, by their ids. */
  readonly upstreams: readonly string[]
  readonly upstreamStates: UpstreamReads['states']
  /** What clients do not get of upstreams; absent where that is nothing. */
  readonly heldBack?: HeldBack
  /** What upstreams know of packages; absent where there are none. */
  readonly advisories?: UpstreamReads['advisories']
}

/** A registry over its ports. */
export function createRegistry(ports: RegistryPorts): Registry {
  const reading = createReading({ ...ports, state: createToldState(ports.state) })
  const { state, submit } = ports
  return {
    ...reading,
    upstreams: ports.upstream?.ids ?? [],
    upstreamStates: ports.upstream?.states ?? (() => []),
    ...(ports.upstream?.heldBack && { heldBack: ports.upstream.heldBack }),
    ...(ports.upstream === undefined ? {} : { advisories: ports.upstream.advisories }),
    put: (ask) => putDocument(ports, ask),
    requirePublishable: (publishing) => requirePublishable(state, publishing),
    putTarball: (ask) => putTarball(ports, ask),
    changeDocument: (account, name, { rev, document }) =>
      changeDocument(ports, { account, name, rev, document }),
    removePackage: (account, name, rev) => removePackage(ports, { account, name, rev }),
    async removeTarball(account, name, { file, rev }) {
      const version = versionOfFile(name, file)
      if (version === undefined) throw new SteleError('version_not_found', { spec: file })
      await removeVersion(ports, { account, name, rev, version })
    },
    async setTag(account, name, { tag, version }) {
      requireOwn(state, name, 'tag')
      requirePackage(reading, name)
      requireOwner(state, { account, name, method: 'tag' })
      const request = { name, tag: parseTag(tag), version: parseVersion(version) }
      if (reading.tags(name)?.[tag] === version) return
      // The rules would read what the version was: taken down, nobody can.
      if (readNotice(state, name, version).gone) throw reading.missing(name, version)
      await submitRule(submit, { account, method: 'tag', request, subject: { name, version } })
    },
    async removeTag(account, name, tag) {
      requireOwn(state, name, 'tag')
      requirePackage(reading, name)
      requireOwner(state, { account, name, method: 'untag' })
      const request = { name, tag }
      await submitRule(submit, { account, method: 'untag', request, subject: { name, tag } })
    },
    reserve: (account, request) =>
      changeReservation(ports, { account, via: 'host', method: 'reserve', request }),
    release: (account, request) =>
      changeReservation(ports, { account, via: 'host', method: 'release', request }),
    async join(account) {
      if (reading.hasAccount(account)) return
      if (readAccount(state, account) !== undefined) requireActive(state, account, 'join')
      const joining = { account: parseAccountName(account), via: 'token' as const }
      await submitTaken(submit, { ...joining, method: 'join', args: [] })
    },
  }
}

function requirePackage({ tags, missing }: Reading, name: PackageName): void {
  if (tags(name) === undefined) throw missing(name)
}
