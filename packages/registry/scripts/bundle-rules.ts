// Bundles rules/*.ts into the checked-in rules.js, the script that registries run and auditors read.
// `node packages/registry/scripts/bundle-rules.ts` writes it; a test fails when it is stale.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const rulesPath = fileURLToPath(new URL('../rules.js', import.meta.url))

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

if (import.meta.main) writeFileSync(rulesPath, await bundleRules())
