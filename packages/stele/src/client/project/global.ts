// What is installed for the whole machine, or rather its user: a project below a prefix, with its programs linked into <prefix>/bin.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathFolders, readConfig } from '@stele/fetch'
import { binsOf, checkSharedBins, linkSharedBins } from '@stele/install'
import { type Graph, linkedFolder, type Release, releaseOf } from '@stele/resolve/graph'
import { releaseIn } from './links.ts'
import { manifestIn } from './manifest-in.ts'

/** Where it is. */
export type GlobalPlace = {
  readonly prefix: string
  /** The project that holds what is installed: a package.json, a lock and node_modules. */
  readonly folder: string
  /** Its programs. */
  readonly bin: string
}

/** The place below this prefix: what was typed, else what npm's settings say, else a folder of the user's own. */
export function globalPlace(env: NodeJS.ProcessEnv, typed?: string): GlobalPlace {
  const prefix = resolve(typed ?? readConfig(homedir(), env).globalPrefix ?? ownPrefix(env))
  return { prefix, folder: join(prefix, 'lib', 'stele'), bin: join(prefix, 'bin') }
}

/** npm's own prefix often needs root; this one never does, and most systems have its bin on the PATH. */
function ownPrefix(env: NodeJS.ProcessEnv): string {
  const local = env['LOCALAPPDATA']
  if (process.platform === 'win32' && local !== undefined) return join(local, 'stele')
  return join(env['HOME'] ?? homedir(), '.local')
}

/** Makes its project, where there is none. */
export function prepareGlobal({ folder }: GlobalPlace): void {
  const path = join(folder, 'package.json')
  if (existsSync(path)) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, `${JSON.stringify({ private: true }, null, 2)}\n`)
}

/** Throws bin_taken where a program's name is somebody else's, unless that is to be replaced. */
export function checkPrograms(place: GlobalPlace, graph: Graph, isForced: boolean): void {
  const names = [...programsOf(place, graph).keys()]
  if (!isForced) checkSharedBins(place.bin, names, place.folder)
}

/** Links the programs of what is installed, and removes the links to what is not any more. */
export function linkPrograms(place: GlobalPlace, graph: Graph, isForced: boolean): void {
  const { bin, folder } = place
  const programs = programsOf(place, graph)
  if (isForced) {
    for (const name of programs.keys()) {
      try {
        checkSharedBins(bin, [name], folder)
      } catch {
        rmSync(join(bin, name), { force: true })
      }
    }
  }
  const before = existsSync(bin) ? readdirSync(bin) : []
  linkSharedBins(bin, programs, { owner: folder, before })
}

/** Programs by name, each as a file. */
function programsOf({ folder }: GlobalPlace, graph: Graph): ReadonlyMap<string, string> {
  const directs = graph.importers.flatMap((importer) => importer.directs)
  const programs = new Map<string, string>()
  for (const { name, instance } of directs) {
    if (instance === undefined) continue
    const place = join(folder, 'node_modules', name)
    for (const [program, file] of binsOf(releaseOfKey(graph, instance), place)) {
      if (!programs.has(program)) programs.set(program, join(place, file))
    }
  }
  return programs
}

function releaseOfKey(graph: Graph, key: string): Release {
  const linked = linkedFolder(key)
  return linked === undefined ? releaseOf(graph, key) : releaseIn(manifestIn(linked) ?? {})
}

/** What to say where programs are not found, since the folder is not on the PATH. */
export function pathNotice({ bin }: GlobalPlace, env: NodeJS.ProcessEnv): string | undefined {
  const folders = pathFolders(env).map((each) => resolve(each))
  if (folders.includes(resolve(bin))) return undefined
  return `Programs are in ${bin}, which is not on your PATH: add it, e.g. export PATH="${bin}:$PATH"`
}
