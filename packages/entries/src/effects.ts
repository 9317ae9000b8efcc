// The effects of an entry: what its leaf's effectsHash commits to (spec/state.md "Leaf").
import { hash } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue, parseCanonicalJson } from '@stele/formats/json'
import { compareUtf8 } from '@stele/formats/names'
import type { ScriptError, Write } from './execution.ts'
import { maxEffectsBytes } from './limits.ts'
import { membersOf } from './members.ts'

/** A write as effects list it: the value's SHA-256 in hex, or null for a removal. */
export type EffectWrite = readonly [object: string, field: string, valueHash: string | null]

/** What an entry did. */
export type Effects = { readonly changes: number; readonly writes: readonly EffectWrite[] } & (
  | { readonly ok: true; readonly result?: JsonValue }
  | { readonly ok: false; readonly error: ScriptError }
)

/** The effects' canonical JSON. */
export function formatEffects(effects: Effects): string {
  return canonicalJson(effects)
}

/** The effects in this canonical JSON. Throws `entry_invalid`, `json_not_canonical`. */
export function parseEffects(text: string): Effects {
  if (text.length > maxEffectsBytes) throw invalid(`they are over ${maxEffectsBytes} bytes`)
  const members = membersOf('effects', parseCanonicalJson(text, 'effects'))
  members.only(['changes', 'error', 'ok', 'result', 'writes'])
  const changes = members.count('changes', 0)
  const writes = members.list('writes').map(parseWrite)
  refuseDisorder(writes)
  if (members.value['ok'] === true && !members.has('error')) {
    const result = members.value['result']
    return { ok: true, ...(result === undefined ? {} : { result }), changes, writes }
  }
  if (members.value['ok'] !== false || members.has('result')) {
    throw invalid('they are neither a result nor an error')
  }
  const error = members.object('error')
  error.only(['message', 'name'])
  return {
    ok: false,
    error: { name: error.text('name'), message: error.text('message') },
    changes,
    writes,
  }
}

/** SHA-256 of a value's bytes, in hex. */
export function hashValue(value: Uint8Array): string {
  return hash('sha256', value)
}

/** The write as effects list it. */
export function effectWrite(write: Write): EffectWrite {
  return [write.object, write.field, write.value === null ? null : hashValue(write.value)]
}

/** Orders writes by the bytes of object, then field: negative when a comes first. */
export function compareWrites(
  a: { readonly object: string; readonly field: string },
  b: { readonly object: string; readonly field: string },
): number {
  return compareUtf8(a.object, b.object) || compareUtf8(a.field, b.field)
}

const hex64 = /^[0-9a-f]{64}$/

function parseWrite(value: JsonValue): EffectWrite {
  if (!Array.isArray(value) || value.length !== 3) throw invalid('a write is not a list of three')
  const [object, field, valueHash] = value
  if (typeof object !== 'string' || typeof field !== 'string') throw invalid('a write has no name')
  if (valueHash === null) return [object, field, null]
  if (typeof valueHash !== 'string' || !hex64.test(valueHash)) {
    throw invalid('a write has no hash of 64 hex digits')
  }
  return [object, field, valueHash]
}

function refuseDisorder(writes: readonly EffectWrite[]): void {
  writes.forEach(([object, field], position) => {
    const before = writes[position - 1]
    if (before === undefined) return
    if (compareWrites({ object: before[0], field: before[1] }, { object, field }) >= 0) {
      throw invalid(`their writes are not in order at number ${position}`)
    }
  })
}

function invalid(reason: string): SteleError {
  return new SteleError('entry_invalid', { what: 'effects', reason })
}
