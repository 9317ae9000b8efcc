// Which scripts have been in force, and from which entry to which: a replay shows that rules were kept, not that they are good.
import type { Exception } from './report.ts'

/** A script (hex SHA-512) that is in force from an entry on; null where its name is withheld. */
export type RulesFrom = { readonly entry: number; readonly script: string | null }

/** The entries that a script was in force for which nobody has vouched, up to the log's size; none where any will do. */
export function unknownRules(
  rules: readonly RulesFrom[],
  known: readonly string[] | 'any',
  size: number,
): readonly Exception[] {
  if (known === 'any') return []
  return rules.flatMap(({ entry: from, script }, position): Exception[] => {
    if (script !== null && known.includes(script)) return []
    const to = (rules[position + 1]?.entry ?? size) - 1
    const name = script === null ? 'its name is withheld' : `it is ${script}`
    return [{ from, to, unchecked: 'rules', reason: `nobody has vouched for the script: ${name}` }]
  })
}
