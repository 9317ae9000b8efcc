// Names and versions within a sentence.
import { maxSpecsTold } from './limits.ts'

/** In quotes, as many as people read. */
export function listSpecs(specs: readonly string[]): string {
  const more = specs.length - maxSpecsTold
  const shown = specs.slice(0, maxSpecsTold).map((spec) => JSON.stringify(spec))
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
