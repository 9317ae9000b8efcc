// What lies in a folder, in a tarball, in node_modules: every file with its digest.
import { hash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { runProgram } from '../processes.ts'

/** The digest of each file, by its path. */
export type Tree = { readonly [path: string]: string }

/** What was installed: the files of each `name@version`, and the files that are of no package. */
export type Installed = {
  readonly packages: { readonly [spec: string]: Tree }
  readonly others: readonly string[]
}

const packageFolder = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/@.][^/]*)$/

/** The files below a folder. */
export function readTree(folder: string): Tree {
  const paths = filesBelow(folder, () => true)
  return Object.fromEntries(paths.map((path) => [path, digest(join(folder, path))]))
}

/** The files of a tarball, without the folder that holds them. */
export async function readTarballTree(bytes: Uint8Array, scratch: string): Promise<Tree> {
  mkdirSync(join(scratch, 'unpacked'), { recursive: true })
  writeFileSync(join(scratch, 'it.tgz'), bytes)
  const { code, shown } = await runProgram(
    'tar',
    ['-xzf', 'it.tgz', '-C', 'unpacked', '--strip-components=1'],
    { cwd: scratch, env: { PATH: process.env['PATH'] } },
  )
  if (code !== 0) throw new Error(`tar cannot read it: ${shown}`)
  return readTree(join(scratch, 'unpacked'))
}

/** What lies in a project's node_modules, whatever layout its client chose. Links are not followed. */
export function readInstalled(project: string): Installed {
  const packages: { [spec: string]: Tree } = {}
  const others: string[] = []
  visit(join(project, 'node_modules'))
  return { packages, others: others.sort() }

  function visit(folder: string): void {
    const isPackage = packageFolder.test(relative(project, folder))
    if (isPackage) {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const files = filesBelow(folder, (child) => child !== 'node_modules')
      packages[`${name}@${version}`] = Object.fromEntries(
        files.map((path) => [path, digest(join(folder, path))]),
      )
    }
    for (const child of readdirSync(folder)) {
      const path = join(folder, child)
      const isFolder = lstatSync(path).isDirectory()
      if (isFolder && (!isPackage || child === 'node_modules')) visit(path)
      if (!isFolder && !isPackage && statSync(path).isFile())
        others.push(relative(join(project, 'node_modules'), path))
    }
  }
}

/** Files and links below a folder; `enters` says which of its own folders are looked into. */
function filesBelow(folder: string, enters: (child: string) => boolean): readonly string[] {
  return readdirSync(folder)
    .flatMap((child) => {
      const path = join(folder, child)
      if (!lstatSync(path).isDirectory()) return [child]
      return enters(child) ? filesBelow(path, () => true).map((below) => `${child}/${below}`) : []
    })
    .sort()
}

function digest(path: string): string {
  return hash('sha512', readFileSync(path), 'base64')
}
