// Bundles rules/*.ts into the checked-in rules.js, the script that registries run and auditors read.
// `node packages/registry/scripts/bundle-rules.ts` writes it; a test fails when it is stale. `--release <name>` says that a
// release has these rules now: src/known-rules.ts keeps them for ever.
import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { releasedRules } from '../src/known-rules.ts'

const rulesPath = fileURLToPath(new URL('../rules.js', import.meta.url))
const knownPath = fileURLToPath(new URL('../src/known-rules.ts', import.meta.url))

/** The text of the bundle: one CommonJS script, readable, the same on every machine. */
export async function bundleRules(): Promise<string> {
  const result = await build({
    entryPoints: ['rules/main.ts'],
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'neutral',
    target: 'es2023',
    charset: 'utf8',
    tsconfigRaw: {},
    logLevel: 'error',
  })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error('esbuild made no bundle')
  return file.text
}

/** Keeps the rules as those of a release, unless an earlier one had them. */
function keepRules(text: string, release: string): void {
  const name = hash('sha512', text)
  const known = releasedRules.some((one) => one.name === name)
  const all = known ? releasedRules : [...releasedRules, { name, release }]
  const rows = all.map(
    (one) => `  {\n    name: '${one.name}',\n    release: '${one.release}',\n  },\n`,
  )
  const source = `// The rules that releases had, by the hex SHA-512 of the script. Written by scripts/bundle-rules.ts, in the order of the releases.
// Whoever trusts a release trusts the rules of those before it: this list never loses a line.

/** Rules, and the release that first had them. */
export const releasedRules: readonly { readonly name: string; readonly release: string }[] = [
${rows.join('')}]
`
  writeFileSync(knownPath, source)
}

if (import.meta.main) {
  const text = await bundleRules()
  writeFileSync(rulesPath, text)
  const named = process.argv.indexOf('--release')
  const release = named > 0 ? process.argv[named + 1] : undefined
  if (release !== undefined) keepRules(text, release)
}
