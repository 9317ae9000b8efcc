// The one file of this package that touches the disk: it reads the rules script beside the sources.
import { hash } from 'node:crypto'
// oxlint-disable-next-line no-restricted-imports -- The script is data that ships with the package, not input.
import { readFileSync } from 'node:fs'
import { releasedRules } from './known-rules.ts'

let text: string | undefined

/** The rules script, CommonJS text: what the registry's log names as its script, to the byte. */
export function rulesScript(): string {
  text ??= readFileSync(new URL('../rules.js', import.meta.url), 'utf8')
  return text
}

/** The scripts that this release vouches for, by their hex SHA-512: its own, and those of the releases before it. */
export function knownRules(): readonly string[] {
  return [...new Set([hash('sha512', rulesScript()), ...releasedRules.map(({ name }) => name)])]
}

/** The release that first had these rules: null for this one's own, undefined for those that nobody here vouches for. */
export function releaseOfRules(name: string): string | null | undefined {
  if (name === hash('sha512', rulesScript())) return null
  return releasedRules.find((one) => one.name === name)?.release
}
