// Checks that packages do not speak of what they must not know: scripts/words.json says which words, and where they may stand.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.ts'

/** Words that only some packages may use, as a pattern; `in` or `outside` names packages. */
export type Rule = {
  readonly words: string
  readonly because: string
  readonly in?: readonly string[]
  readonly outside?: readonly string[]
}

/** A source file of a package. */
export type Source = { readonly package: string; readonly path: string; readonly text: string }

/** What is wrong with a source, one line each. Comments may say anything: they cite and compare. */
export function findFaults(rules: readonly Rule[], source: Source): string[] {
  return rules
    .filter((rule) => isAbout(rule, source.package))
    .flatMap(({ words, because }) => {
      const [found] = new RegExp(words, 'i').exec(withoutComments(source.text)) ?? []
      return found === undefined ? [] : [`${source.path} says "${found}": ${because}`]
    })
}

function isAbout(rule: Rule, name: string): boolean {
  return rule.in?.includes(name) ?? rule.outside?.includes(name) === false
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** The rules of scripts/words.json. */
export function readRules(): readonly Rule[] {
  return JSON.parse(readFileSync(join(root, 'scripts', 'words.json'), 'utf8'))
}

/** All that packages ship, tests left out. */
export function readSources(): readonly Source[] {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const folder = join('packages', name, 'src')
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => {
        const path = join(folder, file)
        return { package: name, path, text: readFileSync(join(root, path), 'utf8') }
      })
  })
}

if (import.meta.main) {
  const rules = readRules()
  const faults = readSources().flatMap((source) => findFaults(rules, source))
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
