// Which values of an entry a takedown can name: those that the service still decides by stay.
import type { WithheldPart, WithheldValues } from '@stele/entries/takedowns'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { EntryValues, Use } from '../services/registry/values-in-use.ts'
import type { Server } from './open-server.ts'

type InUse = Pick<Server, 'valuesInUse'>

/**
 * What of an entry's values can go, as the part that a takedown names; how many those are, of how many; and what stays.
 * Throws `takedown_refused` where nothing could go.
 */
export function findValues(
  { valuesInUse }: InUse,
  entry: number,
): { readonly [name: string]: JsonValue } {
  const values = valuesInUse.ofEntry(entry)
  const whole = { entry, part: 'values' } as const
  if (values === undefined) return { part: whole, stays: [] }
  if (values.left.length === 0) {
    throw refused(entry, 'it has no values that were not taken down before')
  }
  const free = freeOf(values)
  if (free.length === 0) {
    throw refused(entry, stillUsed(values.used))
  }
  const stays = distinct(values.used).map((use) => ({ ...use }))
  if (values.used.length === 0) return { part: whole, stays }
  return { part: { ...whole, writes: free }, named: free.length, of: values.left.length, stays }
}

/** Throws `takedown_refused` where a part is, or holds, what is still in use: whoever asks, and however. */
export function refuseInUse({ valuesInUse }: InUse, part: WithheldPart): void {
  if ('blob' in part) {
    const use = valuesInUse.ofBlob(part.blob)
    if (use?.what === undefined) return
    throw refusedFor(`the blob ${part.blob}`, stillUsed([use]))
  }
  if (part.part === 'values') refuseUsedValues({ valuesInUse }, part)
  if (part.part === 'effects') refuseEffects({ valuesInUse }, part.entry)
}

/**
 * Of a package they stay for good: who owns it, what it tells of its releases, when it began and who starred it is made from
 * them whenever the views are built anew. Elsewhere they stay while a value does, which could never be taken down without them.
 */
function refuseEffects({ valuesInUse }: InUse, entry: number): void {
  const what = `the effects of entry ${entry}`
  const packages = valuesInUse.packagesOf(entry)
  if (packages.length > 0) {
    const names = packages.map((name) => `"${name}"`).join(', ')
    const reason = `what the registry tells of ${names} is made from them; body and values can go`
    throw refusedFor(what, reason)
  }
  const used = (valuesInUse.ofEntry(entry)?.used ?? []).filter((use) => use.what !== undefined)
  if (used.length === 0) return
  const reason = 'without them its values could never be taken down, and'
  throw refusedFor(what, `${reason} ${stillUsed(used)}`)
}

function refuseUsedValues({ valuesInUse }: InUse, { entry, writes }: WithheldValues): void {
  const used = valuesInUse.ofEntry(entry)?.used ?? []
  const named = writes === undefined ? used : used.filter(({ write }) => writes.includes(write))
  if (named.every(({ what }) => what === undefined)) return
  throw refused(entry, stillUsed(named))
}

function freeOf({ left, used }: EntryValues): readonly number[] {
  const taken = new Set(used.map(({ write }) => write))
  return left.filter((position) => !taken.has(position))
}

/** Each use once, those first that can be ended; what tells nothing is left out. */
function distinct(uses: readonly Use[]): readonly (Use & { readonly what: string })[] {
  const found = new Map<string, Use & { readonly what: string }>()
  for (const { what, first } of uses) {
    if (what !== undefined) found.set(what, first === undefined ? { what } : { what, first })
  }
  const all = [...found.values()]
  return [...all.filter(({ first }) => first !== undefined), ...all.filter(({ first }) => !first)]
}

function stillUsed(uses: readonly Use[]): string {
  const told = distinct(uses).map(({ what, first }) =>
    first === undefined ? what : `${what}; ${first}, then run this again`,
  )
  if (told.length === 0) return 'what is left of them is empty, and tells nothing'
  return `the registry still uses ${told.join('. It also uses ')}`
}

function refused(entry: number, reason: string): SteleError {
  return refusedFor(`the values of entry ${entry}`, reason)
}

function refusedFor(what: string, reason: string): SteleError {
  return new SteleError('takedown_refused', { what, reason })
}
