// Writes src/pins.ts anew from the engine's files: `node packages/host/scripts/pin.ts`. Its diff is a new engine.
import { writeFileSync } from 'node:fs'
import { hashParts } from './engine-parts.ts'

const lines = Object.entries(hashParts()).map(([part, sha512]) => {
  const name = /^[a-z]+$/.test(part) ? part : `'${part}'`
  const gap = name.length <= 4 ? ' ' : '\n    ' // As the formatter breaks long values.
  return `  ${name}:${gap}'${sha512}',\n`
})
const source = `// SHA-512 of every part that decides results: the engine's identity. Written by scripts/pin.ts, checked by a test.
// A changed part is a new engine: entries made by the old one replay with the old one only.

/** By part: the hex SHA-512 of its file. */
export const pins = {
${lines.join('')}} as const
`
writeFileSync(new URL('../src/pins.ts', import.meta.url), source)
