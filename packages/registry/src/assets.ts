// The one file of this package that touches the disk: it reads the rules script beside the sources.
// oxlint-disable-next-line no-restricted-imports -- The script is data that ships with the package, not input.
import { readFileSync } from 'node:fs'

let text: string | undefined

/** The rules script, CommonJS text: what the registry's log names as its script, to the byte. */
export function rulesScript(): string {
  text ??= readFileSync(new URL('../rules.js', import.meta.url), 'utf8')
  return text
}
