// The files that the engine's identity covers, hashed as they lie on disk.
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const sources = [
  'files',
  'glue',
  'host-calls',
  'limits',
  'machine',
  'quickjs',
  'script-host',
  'trap',
] as const

/** By part: the hex SHA-512 of its file. */
export function hashParts(): Record<string, string> {
  const parts: Record<string, string> = {
    prelude: hashFile(new URL('../assets/prelude.js', import.meta.url)),
    world: hashFile(new URL('../assets/world.js', import.meta.url)),
    wasm: hashFile(new URL(import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))),
  }
  for (const name of sources) {
    parts[name] = hashFile(new URL(`../src/${name}.ts`, import.meta.url))
  }
  return Object.fromEntries(Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function hashFile(url: URL): string {
  return hash('sha512', readFileSync(url))
}
