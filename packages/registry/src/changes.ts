// Changes that npm clients ask for by sending a document back (npm-wire B9, B10, D2, D3, D5): found by comparing.

import type { SubmitCall } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import {
  readLiveVersions,
  readNotices,
  readOrigin,
  readOwners,
  readStars,
  readTags,
} from '@stele/releases/state'
import { maxNameShown, maxNamesShown, maxValueShown, maxVersionsPerCall } from './limits.ts'
import { missing } from './missing.ts'
import type { RegistryPorts } from './ports.ts'
import {
  type OwnedChange,
  requireActive,
  requireOwn,
  requireOwner,
  submitRule,
} from './rule-calls.ts'

/** Who changes what. `rev` is the revision in the address, where there is one. */
export type DocumentChange = {
  readonly account: string
  readonly name: PackageName
  readonly rev?: string | undefined
  readonly document: unknown
}

/** What a change left: the package's revision, undefined when nothing of it is there any more. */
export type Changed = { readonly rev: string | undefined }

/**
 * Applies what a document changes: removed versions and moved tags (only with a revision in the address), deprecations,
 * the caller's own star, owners (in a document without versions). Everything else in it is ignored.
 * Throws package_not_found, change_invalid, revision_stale, rule_refused and the rules' other refusals.
 */
export async function changeDocument(
  ports: RegistryPorts,
  { account, name, rev, document }: DocumentChange,
): Promise<Changed> {
  if (!isJsonObject(document)) {
    throw new SteleError('change_invalid', { name, reason: 'the document is not an object' })
  }
  requireNames(name, document)
  requireActive(ports.state, account, 'change')
  requireOwn(ports.state, name, wishOf(document, rev))
  if (rev === undefined && ports.views.package(name) === undefined) {
    const reason =
      'the request brings no tarball, and there is no such package that it could change'
    throw new SteleError('upload_invalid', { spec: name, reason })
  }
  const current = requirePackage(ports, name)
  const change = { ports, account, name, document, rev, current }
  const calls = isJsonObject(document['versions'])
    ? [...planRemovals(change), ...planDeprecations(change), ...planStar(change)]
    : [...planOwners(change), ...planStar(change)]
  for (const call of calls) await submit(ports.submit, change, call)
  return { rev: ports.views.package(name)?.rev }
}

/** What the document is sent for, as far as its members tell. */
function wishOf(document: JsonObject, rev: string | undefined): OwnedChange {
  if (isJsonObject(document['versions'])) return rev === undefined ? 'deprecate' : 'unpublish'
  return document['maintainers'] === undefined ? 'star' : 'owner'
}

/** Removes every version (npm-wire D3). Throws package_not_found, revision_stale, rule_refused. */
export async function removePackage(
  ports: RegistryPorts,
  { account, name, rev }: { account: string; name: PackageName; rev: string },
): Promise<Changed> {
  requireOwn(ports.state, name, 'unpublish')
  const current = requirePackage(ports, name)
  requireOwner(ports.state, { account, name, method: 'unpublish' }, { orOperator: true })
  requireFresh(name, rev, current)
  for (const versions of batches(readLiveVersions(ports.state, name))) {
    await submit(ports.submit, { account, name }, { method: 'unpublish', request: { versions } })
  }
  return { rev: ports.views.package(name)?.rev }
}

/** Removes one version; nothing to do when it is removed already, since npm does both (npm-wire D2). */
export async function removeVersion(
  ports: RegistryPorts,
  {
    account,
    name,
    rev,
    version,
  }: { account: string; name: PackageName; rev: string; version: string },
): Promise<void> {
  if (readOrigin(ports.state, name) === undefined) {
    throw new SteleError('package_not_found', { name })
  }
  requireOwner(ports.state, { account, name, method: 'unpublish' }, { orOperator: true })
  if (!readLiveVersions(ports.state, name).includes(version)) {
    if (readNotices(ports.state, name).get(version)?.gone === true) return
    throw new SteleError('version_not_found', { spec: `${name}@${version}` })
  }
  requireFresh(name, rev, ports.views.package(name)?.rev ?? '')
  const request = { versions: [version] }
  await submit(ports.submit, { account, name, version }, { method: 'unpublish', request })
}

type Change = {
  readonly ports: RegistryPorts
  readonly account: string
  readonly name: PackageName
  readonly rev: string | undefined
  readonly document: JsonObject
  /** The package's revision now. */
  readonly current: string
}

/** A call to make; the package's name is added. */
type Planned = { readonly method: string; readonly request: JsonObject }

/** With a revision in the address, versions that are not in the document go, and tags of those that stay may move. */
function planRemovals({
  ports,
  account,
  name,
  rev,
  document,
  current,
}: Change): readonly Planned[] {
  if (rev === undefined) return []
  const kept = membersOf(document['versions'])
  const live = readLiveVersions(ports.state, name)
  const removed = live.filter((version) => !Object.hasOwn(kept, version))
  const wanted = membersOf(document['dist-tags'])
  const moved = [...readTags(ports.state, name)].flatMap(([tag, version]) => {
    const next = wanted[tag]
    if (removed.includes(version) || next === version || typeof next !== 'string') return []
    return live.includes(next) && !removed.includes(next) ? { tag, version: next } : []
  })
  if (removed.length === 0 && moved.length === 0) return []
  requireFresh(name, rev, current)
  requireOwner(ports.state, { account, name, method: 'unpublish' }, { orOperator: true })
  return [
    ...batches(removed).map((versions) => ({ method: 'unpublish', request: { versions } })),
    ...moved.map((request) => ({ method: 'tag', request })),
  ]
}

/** `deprecated` members that differ from what is said now; an absent or empty one, and false, take it back. */
function planDeprecations({ ports, account, name, document, current }: Change): readonly Planned[] {
  const notices = readNotices(ports.state, name)
  const manifests = membersOf(document['versions'])
  const changed = readLiveVersions(ports.state, name).flatMap((version): [string, string][] => {
    const manifest = Object.hasOwn(manifests, version) ? manifests[version] : undefined
    if (!isJsonObject(manifest)) return []
    const wanted = manifest['deprecated']
    const message = typeof wanted === 'string' ? wanted : ''
    return message === (notices.get(version)?.deprecated ?? '') ? [] : [[version, message]]
  })
  if (changed.length === 0) return []
  // Whoever sends the whole document back would take back what others said meanwhile.
  const made = document['_rev']
  if (typeof made === 'string') requireFresh(name, made, current)
  requireOwner(ports.state, { account, name, method: 'deprecate' })
  return batches(changed).map((batch) => ({
    method: 'deprecate',
    request: { versions: Object.fromEntries(batch) },
  }))
}

/** Only the caller's own entry of `users` counts. */
function planStar({ ports, account, name, document }: Change): readonly Planned[] {
  const { users } = document
  if (!isJsonObject(users)) return []
  const wanted = Object.hasOwn(users, account) && users[account] === true
  if (wanted === readStars(ports.state, name).includes(account)) return []
  return [{ method: wanted ? 'star' : 'unstar', request: {} }]
}

function planOwners({ ports, account, name, rev, document, current }: Change): readonly Planned[] {
  const { maintainers } = document
  if (maintainers === undefined) return []
  const wanted = Array.isArray(maintainers) ? maintainers.map(accountOf) : []
  if (wanted.length === 0 || wanted.includes(undefined)) {
    throw new SteleError('change_invalid', { name, reason: '"maintainers" names no accounts' })
  }
  const names = new Set(wanted.filter((account) => account !== undefined))
  const owners = readOwners(ports.state, name)
  const added = [...names].filter((owner) => !owners.includes(owner))
  const removed = owners.filter((owner) => !names.has(owner))
  if (added.length + removed.length === 0) return []
  // npm and yarn change one owner at a time. A list that does both was made without knowing the owners there are.
  if (added.length > 0 && removed.length > 0) {
    const reason = `it would add ${quoted(added)} and remove ${quoted(removed)} at once; add and remove owners one at a time`
    throw new SteleError('change_invalid', { name, reason })
  }
  const made = rev ?? document['_rev']
  // yarn 1 has no revision where it read another registry's abbreviated form, and sends "undefined".
  if (typeof made === 'string' && made !== 'undefined') requireFresh(name, made, current)
  requireOwner(ports.state, { account, name, method: 'addOwner' }, { orOperator: true })
  return [
    ...added.map((owner) => ({ method: 'addOwner', request: { account: owner } })),
    ...removed.map((owner) => ({ method: 'removeOwner', request: { account: owner } })),
  ]
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, maxNamesShown).map((one) => `"${one.slice(0, maxNameShown)}"`)
  return names.length > maxNamesShown ? `${shown.join(', ')} and others` : shown.join(', ')
}

function accountOf(maintainer: unknown): string | undefined {
  const name = isJsonObject(maintainer) ? maintainer['name'] : maintainer
  return typeof name === 'string' ? name : undefined
}

async function submit(
  submitCall: SubmitCall,
  { account, name, version }: { account: string; name: PackageName; version?: string },
  { method, request }: Planned,
): Promise<void> {
  await submitRule(submitCall, {
    account,
    method,
    request: { name, ...request },
    subject: { name, ...(version === undefined ? {} : { version }) },
  })
}

/** The revision of a package that has versions. */
function requirePackage(ports: RegistryPorts, name: PackageName): string {
  const row = ports.views.package(name)
  if (row === undefined || row.latest === null) throw missing(ports, name)
  return row.rev
}

/** The document is of the package in the address (npm-wire B4). */
function requireNames(name: PackageName, document: JsonObject): void {
  for (const member of ['_id', 'name']) {
    const found = document[member]
    if (found === undefined || found === name) continue
    const shown = JSON.stringify(found).slice(0, maxValueShown)
    throw new SteleError('change_invalid', { name, reason: `its "${member}" is ${shown}` })
  }
}

function requireFresh(name: PackageName, made: string, current: string): void {
  if (made !== current) {
    throw new SteleError('revision_stale', { name, found: made, wanted: current })
  }
}

function membersOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function batches<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / maxVersionsPerCall)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * maxVersionsPerCall, (index + 1) * maxVersionsPerCall),
  )
}
