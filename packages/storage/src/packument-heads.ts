// The heads of packuments of upstreams. Those that were read lately are in memory; that one was found unchanged is written
// down later, with others: else it would only be asked about once more.
import type { DatabaseSync } from 'node:sqlite'
import type { KeptHead } from '@stele/upstream'
import { number, optional, type Row, text } from './columns.ts'
import { inTransaction } from './database.ts'
import { ignoreFull } from './fault.ts'
import { maxHeadsKept, maxUsesKept } from './limits.ts'

type Key = readonly [name: string, form: string]

/** Heads by name and form. */
export type PackumentHeads = {
  readonly find: (...key: Key) => KeptHead | undefined
  /** Notes that the upstream said again what it had said; false where that is not kept. */
  readonly check: (key: Key, now: Pick<KeptHead, 'upstream' | 'checkedMs' | 'digest'>) => boolean
  /** To be called when a row was written, or removed. */
  readonly forget: (...key: Key) => void
  /** Writes down what is not yet, as far as the disk has room. */
  readonly close: () => void
}

/** None is in memory yet. */
export function createPackumentHeads(db: DatabaseSync): PackumentHeads {
  const select = db.prepare(
    'SELECT upstream, checked_ms, etag, digest, modified_ms, basis FROM packument WHERE name = ? AND form = ?',
  )
  const touch = db.prepare(
    'UPDATE packument SET upstream = :upstream, checked_ms = :checkedMs WHERE name = :name AND form = :form AND digest = :digest',
  )
  const known = new Map<string, KeptHead>() // Of packuments that are there. What was read last stands last.
  const unwritten = new Map<string, Key>()
  const write = (): void => {
    for (const [key, [name, form]] of unwritten) {
      const head = known.get(key)
      if (head?.digest === undefined) continue
      const { upstream, checkedMs, digest } = head
      touch.run({ name, form, upstream, checkedMs, digest })
    }
  }
  const save = (): void => {
    ignoreFull(() => inTransaction(db, write))
    unwritten.clear()
  }
  const keep = (key: string, head: KeptHead): void => {
    known.delete(key)
    known.set(key, head)
    for (const oldest of known.keys()) {
      if (known.size <= maxHeadsKept) return
      if (unwritten.has(oldest)) save()
      unwritten.delete(oldest)
      known.delete(oldest)
    }
  }
  const find = (name: string, form: string): KeptHead | undefined => {
    const key = `${form} ${name}`
    const found = known.get(key)
    if (found !== undefined) return found
    const row = select.get(name, form)
    const head = row && headOf(row)
    if (head?.digest !== undefined) keep(key, head)
    return head
  }
  return {
    find,
    check: ([name, form], { digest, ...checked }) => {
      const head = find(name, form)
      if (head === undefined || digest === undefined || head.digest !== digest) return false
      const key = `${form} ${name}`
      keep(key, { ...head, ...checked })
      unwritten.set(key, [name, form])
      if (unwritten.size >= maxUsesKept) save()
      return true
    },
    forget: (name, form) => {
      known.delete(`${form} ${name}`)
      unwritten.delete(`${form} ${name}`)
    },
    close: save,
  }
}

function headOf(row: Row): KeptHead {
  return {
    upstream: text(row, 'upstream'),
    checkedMs: number(row, 'checked_ms'),
    etag: optional(row, 'etag', text) ?? undefined,
    digest: optional(row, 'digest', text) ?? undefined,
    modifiedMs: optional(row, 'modified_ms', number) ?? undefined,
    basis: optional(row, 'basis', text) ?? undefined,
  }
}
