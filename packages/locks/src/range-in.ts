// What a specifier asks of a registry.
import { isSteleError } from '@stele/errors'
import { parseSpecifier } from '@stele/resolve'
import type { WantedEdge } from '@stele/resolve/graph'
import semver from 'semver'

/** A package of a registry that is asked for. */
export type AskedRange = {
  /** Its name in the registry. */
  readonly name: string
  readonly wanted: string
  /** Whether `wanted` is a version or a range; else it is a tag, and what it means changes. */
  readonly isRange: boolean
}

/** What the dependency asks of a registry; undefined where it asks for something else, or for nothing that can be read. */
export function rangeIn({
  name,
  specifier,
}: Pick<WantedEdge, 'name' | 'specifier'>): AskedRange | undefined {
  try {
    const parsed = parseSpecifier(name, specifier)
    if (parsed.kind !== 'registry') return undefined
    const isRange = semver.validRange(parsed.wanted, { loose: true }) !== null
    return { name: parsed.name, wanted: parsed.wanted, isRange }
  } catch (error) {
    if (isSteleError(error, 'specifier_invalid')) return undefined // Whoever installs it is told.
    throw error
  }
}
