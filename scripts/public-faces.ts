// Checks what packages show: each entry point names its exports, and has at most twenty.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.ts'

const maxExports = 20

/** An entry point: how it is imported, and its text. */
export type EntryPoint = { readonly name: string; readonly text: string }

/** What is wrong with an entry point, one line each. */
export function findFaults({ name, text }: EntryPoint): string[] {
  const faults: string[] = []
  if (/^export \*/m.test(text))
    faults.push(`"${name}" exports all of a module: name what it exports`)
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
  const listed = lists.flatMap(([, list = '']) =>
    list.split(',').filter((one) => one.trim() !== ''),
  )
  const own = [...text.matchAll(/^export (?:async )?(?:const|function|type|class) \w/gm)]
  const count = listed.length + own.length
  if (count > maxExports) {
    faults.push(`"${name}" exports ${count} names, at most ${maxExports}: make a sub-path`)
  }
  return faults
}

/** The entry points of this repository's libraries, by their package.json files. */
export function readEntryPoints(): readonly EntryPoint[] {
  const packages = join(root, 'packages')
  return readdirSync(packages).flatMap((folder) => {
    const path = join(packages, folder, 'package.json')
    if (!existsSync(path)) return []
    const { name, bin, exports = {} } = JSON.parse(readFileSync(path, 'utf8'))
    if (bin !== undefined) return [] // A program, not a library.
    return Object.entries(exports).map(([subPath, file]) => ({
      name: name + subPath.slice(1),
      text: readFileSync(join(packages, folder, String(file)), 'utf8'),
    }))
  })
}

if (import.meta.main) {
  const faults = readEntryPoints().flatMap(findFaults)
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
