// Checks that packages do not speak of what they must not know: scripts/words.json says which words, and where they may stand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

/** Comments, and before them what may hold their signs and is none: strings, templates, patterns. */
const tokens = new RegExp(
  [
    /'(?:[^'\\\n]|\\.)*'/,
    /"(?:[^"\\\n]|\\.)*"/,
    /`(?:[^`\\]|\\[^])*`/,
    /\/\*[^]*?\*\//,
    /\/\/.*/,
    // A pattern stands only where a value begins: elsewhere a slash divides.
    /(?<=[(,=:[!&|?{};>]\s*|\breturn\s+)\/(?:\[(?:[^\]\\\n]|\\.)*\]|[^/[\\\n]|\\.)+\//,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

function withoutComments(text: string): string {
  return text.replace(tokens, (token) => (/^\/[/*]/.test(token) ? '' : token))
}

/** The rules of scripts/words.json. */
export function readRules(): readonly Rule[] {
  return JSON.parse(readFileSync(join(root, 'scripts', 'words.json'), 'utf8'))
}

/** Where packages have what they run; `rules.js` of the registry is built from its `rules`. */
const folders = ['src', 'rules', 'assets', 'bin']

/** All code that packages run. Not their tests, their documents, nor what is built. */
export function readSources(): readonly Source[] {
  return readdirSync(join(root, 'packages')).flatMap((name) =>
    folders
      .map((folder) => join('packages', name, folder))
      .filter((folder) => existsSync(join(root, folder)))
      .flatMap((folder) => filesOf(folder))
      .map((path) => ({ package: name, path, text: readFileSync(join(root, path), 'utf8') })),
  )
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|c?js|json)$/.test(file))
    .map((file) => join(folder, file))
}

if (import.meta.main) {
  const rules = readRules()
  const faults = readSources().flatMap((source) => findFaults(rules, source))
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
