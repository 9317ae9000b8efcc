// The lock of a project: stele.lock, or that of the client that was used before.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isSteleError, SteleError } from '@stele/errors'
import { canonicalJson, type JsonObject, type JsonValue } from '@stele/formats/json'
import { writeAnew } from '@stele/install/moves'
import { formatDrift, lockedOf, type OpenedLock, openLock, reconcile } from '@stele/locks'
import type { Locked, WantedImporter } from '@stele/resolve'
import type { Graph, InstanceKey } from '@stele/resolve/graph'
import { readProjectFile } from '../project/project-file.ts'
import { changedTarballs, withoutPackages } from './changed-tarballs.ts'
import { lockDigest } from './confirmed-locks.ts'
import { checkLock, type LockRules } from './lock-rules.ts'

/** What resolving starts from. */
export type LockPlan = {
  /** Installed as it is; absent where something must be resolved. */
  readonly current?: Graph
  /** What is to stay as it was. */
  readonly locked?: Locked | undefined
  /** What stele.lock has, and the digest of its text. */
  readonly before?: Graph
  readonly digest?: string
  /** What the lock is to have. */
  readonly settings: JsonObject
  /** What a person should know of it, a line each. */
  readonly notices: readonly string[]
}

/** What a lock is asked for. */
export type LockAsked = {
  readonly root: string
  readonly wanted: readonly WantedImporter[]
  /** What the project says of resolving, as the lock is to have it. */
  readonly settings: JsonObject
  readonly rules: LockRules
  /** Nothing may be resolved. */
  readonly isFrozen?: boolean | undefined
  /** Resolves even where the lock fits, with this in place of all that the lock has. */
  readonly relock?: ((before: Graph | undefined) => Locked | undefined) | undefined
}

/** The path of the lock of this project. */
export function lockPathOf(root: string): string {
  return join(root, 'stele.lock')
}

/** Reads stele.lock; undefined where there is none. Throws lock_invalid. */
export function readLockFile(root: string): OpenedLock | undefined {
  const text = readText(root)
  return text === undefined ? undefined : openLock(text, lockPathOf(root))
}

function readText(root: string): string | undefined {
  const path = lockPathOf(root)
  if (!existsSync(path)) return undefined
  try {
    return readProjectFile(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('lock_invalid', { path, reason }, { cause })
  }
}

/** What stele.lock holds. Throws lock_absent, lock_invalid. */
export function needLock(root: string): OpenedLock['lock'] {
  const opened = readLockFile(root)
  if (opened === undefined) throw new SteleError('lock_absent', { path: lockPathOf(root) })
  return opened.lock
}

/** Decides what of the lock holds. Throws lock_invalid, lock_absent, lock_outdated, lock_refused. */
export async function planLock(asked: LockAsked): Promise<LockPlan> {
  const text = readText(asked.root)
  if (text === undefined) return planWithout(asked)
  const opened = openLock(text, lockPathOf(asked.root))
  const { lock, fault } = opened
  const { graph, drift, hasOthers } = reconcile(lock.graph, asked.wanted)
  const others = differingSettings(lock.settings, asked.settings)
  const packed = changedTarballs(asked.root, lock.graph)
  const path = lockPathOf(asked.root)
  const check = (): void => checkLock(graph, { ...asked, path })
  const settings = settingsFor(lock.settings, asked.settings)
  const digest = lockDigest(text)
  const known = {
    before: lock.graph,
    digest,
    settings,
    notices: noticesOf(opened, packed.values()),
  }
  if (asked.isFrozen === true) {
    if (fault?.isBearable === false)
      throw new SteleError('lock_invalid', { path, reason: fault.reason, isMendable: true })
    const lines = [
      ...formatDrift(drift),
      ...others.map((name) => `"${name}" is not as it was`),
      ...[...packed.values()].map((address) => `"${address}" is not the file that was locked`),
    ]
    if (lines.length > 0) throw new SteleError('lock_outdated', { path, drift: lines })
    check()
    return { ...known, current: graph, notices: [] }
  }
  const isSame = drift.length === 0 && others.length === 0 && packed.size === 0
  const isCurrent = fault === undefined && isSame && !hasOthers
  if (isCurrent) check()
  if (isCurrent && asked.relock === undefined) return { ...known, current: graph }
  const locked = withoutPackages((asked.relock ?? lockedOf)(lock.graph), packed)
  const isTrusted = isCurrent || (others.length === 0 && isSound(check))
  return { ...known, locked: isTrusted ? locked : versionsOf(locked) }
}

/** What the lock has beside what package.jsons want now may have come from what they wanted before. */
function isSound(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (isSteleError(error, 'lock_refused')) return false
    throw error
  }
}

/** Without a stele.lock that of another client holds, where there is one. */
async function planWithout({ root, settings, isFrozen, relock }: LockAsked): Promise<LockPlan> {
  if (isFrozen === true) throw new SteleError('lock_absent', { path: lockPathOf(root) })
  if (relock !== undefined) return { settings, notices: [], locked: relock(undefined) }
  const { findForeignLock } = await import('./import-lock.ts')
  const found = findForeignLock(root)
  if (found === undefined) return { settings, notices: [] }
  return { settings, notices: [found.notice], locked: found.locked }
}

const resolveSettings = ['overrides', 'extensions', 'ranges']

/** The settings of resolving that are not those that the lock was made with. */
function differingSettings(settings: JsonObject, wanted: JsonObject): readonly string[] {
  return resolveSettings.filter((name) => textOf(settings[name]) !== textOf(wanted[name]))
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? '' : canonicalJson(value)
}

/** Those of the lock, and in place of what resolving was told then, what it is told now. */
function settingsFor(settings: JsonObject, wanted: JsonObject): JsonObject {
  const others = Object.entries(settings).filter(([name]) => !resolveSettings.includes(name))
  return { ...Object.fromEntries(others), ...wanted }
}

/** Of a lock that was made with other settings only the versions are taken over. */
function versionsOf(locked: Locked | undefined): Locked | undefined {
  return locked && { ...locked, direct: () => undefined, node: () => undefined }
}

/** What mending did, in a line for each version that was chosen. */
function noticesOf({ fault, choices }: OpenedLock, packed: Iterable<string>): readonly string[] {
  const anew = [...packed].map(
    (address) => `"${address}" was packed anew, and is taken as it is now`,
  )
  if (fault === undefined) return anew
  const lines = choices.map(({ name, ours, theirs, taken }) => {
    const other = taken === ours ? theirs : ours
    return `  ${name}: ${versionOf(taken)} rather than ${versionOf(other)}`
  })
  return [`Mended stele.lock: ${fault.reason}`, ...new Set(lines), ...anew]
}

/** `1.2.3` of `name@1.2.3(peers)`. */
function versionOf(key: InstanceKey): string {
  const [id = ''] = key.split('(', 1)
  return id.slice(id.indexOf('@', 1) + 1)
}

/** Writes stele.lock, unless it says that already. */
export function writeLock(root: string, text: string): void {
  const path = lockPathOf(root)
  if (readText(root) === text) return
  writeAnew(path, text)
}
