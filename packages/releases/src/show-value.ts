// JSON as a finding shows it.
import type { JsonValue } from '@stele/formats/json'
import { maxShownLength } from './limits.ts'

/** The value as text, cut where it is long. */
export function showValue(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}
