// The type declarations of a published package: those that its entry points reach, with the workspace's packages named by their paths.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { root } from './run.ts'

/** Imports, exports from elsewhere, and types that are imported where they are used. */
const specifier = /(\bfrom |\bimport\()(['"])([^'"]+)\2/g

/** Writes the declarations of these entry points (`packages/stele/src/vm.ts`) below `to`, each at its own path. */
export function writeTypes(to: string, entryPoints: readonly string[]): void {
  const made = mkdtempSync(join(tmpdir(), 'stele-types-'))
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = [
      '--noEmit',
      'false',
      '--emitDeclarationOnly',
      '--rootDir',
      root,
      '--outDir',
      made,
    ]
    execFileSync(process.execPath, [tsc, '-p', root, ...options], { stdio: 'inherit' })
    const queue = [...entryPoints]
    const seen = new Set(queue)
    for (const source of queue) {
      const text = readFileSync(join(made, declarationOf(source)), 'utf8')
      const own = text.replaceAll(
        specifier,
        (all: string, lead: string, quote: string, name: string) => {
          const target = sourceOf(name, source)
          if (target === undefined) return all
          if (!seen.has(target)) queue.push(target)
          seen.add(target)
          const path = relative(dirname(source), target).replace(/\.ts$/, '.js')
          return `${lead}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
        },
      )
      const place = join(to, declarationOf(source))
      mkdirSync(dirname(place), { recursive: true })
      writeFileSync(place, own)
    }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function declarationOf(source: string): string {
  return source.replace(/\.ts$/, '.d.ts')
}

/** The source behind an import of `from`; undefined for what is not of this workspace. */
function sourceOf(name: string, from: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(from), name)
  const [scope = '', own = '', ...rest] = name.split('/')
  if (scope !== '@stele') return undefined
  const folder = join('packages', own)
  const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const target: unknown = exports[['.', ...rest].join('/')]
  if (typeof target !== 'string') throw new Error(`"${from}" imports "${name}", which is not there`)
  return join(folder, target)
}
