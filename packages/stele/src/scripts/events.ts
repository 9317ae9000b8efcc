// A script of a package.json by its name, with the scripts that npm runs before and after it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { escapeLine, SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { Output, Runner } from './run-script.ts'

/** A package whose scripts are run. */
export type ScriptPackage = {
  readonly folder: string
  readonly manifest: JsonObject
  /** Programs of packages above this folder are not found. */
  readonly top?: string
  /** Variables beside npm's. */
  readonly env?: NodeJS.ProcessEnv
}

/** The scripts by name: those that are texts. */
export function scriptsOf({ scripts }: JsonObject): { readonly [name: string]: string } {
  const found = scripts !== undefined && isJsonObject(scripts) ? scripts : {}
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, script]) =>
      typeof script === 'string' && script !== '' ? [[name, script]] : [],
    ),
  )
}

/** The script of this name, or what npm takes where there is none: `node server.js` starts. */
export function findScript({ folder, manifest }: ScriptPackage, name: string): string | undefined {
  const scripts = scriptsOf(manifest)
  if (Object.hasOwn(scripts, name)) return scripts[name]
  if (name === 'start' && existsSync(join(folder, 'server.js'))) return 'node server.js'
  if (name === 'env') return process.platform === 'win32' ? 'SET' : 'env'
  return undefined
}

/** What to run, and how. */
export type EventsOf = {
  readonly runner: Runner
  readonly names: readonly string[]
  readonly output: Output
  /** Hears what begins: a line for the script, and one for what it says. */
  readonly say: (line: string) => void
}

/** Runs those of these scripts that there are, one after the other. Throws script_failed. */
export async function runEvents(
  of: ScriptPackage,
  { runner, names, output, say }: EventsOf,
): Promise<void> {
  const scripts = scriptsOf(of.manifest)
  for (const event of names) {
    const script = Object.hasOwn(scripts, event) ? scripts[event] : undefined
    if (script === undefined) continue
    announce(of, { event, script, say })
    const { code, signal, output: printed } = await runner.run({ ...of, event, script }, output)
    if (code === 0 && signal === undefined) continue
    const details = { name: nameOf(of), event, script, code, output: lastLines(printed) }
    throw new SteleError('script_failed', signal === undefined ? details : { ...details, signal })
  }
}

/** Says what is run, as npm does. */
export function announce(
  of: ScriptPackage,
  {
    event,
    script,
    args = [],
    say,
  }: {
    readonly event: string
    readonly script: string
    readonly args?: readonly string[]
    readonly say: (line: string) => void
  },
): void {
  say(escapeLine(`> ${nameOf(of)} ${event}`))
  say(escapeLine(`> ${[script, ...args].join(' ')}`))
}

/** `name@version`, as far as it says so. */
export function nameOf({ folder, manifest: { name, version } }: ScriptPackage): string {
  if (typeof name !== 'string') return folder
  return typeof version === 'string' ? `${name}@${version}` : name
}

const shownLines = 40

/** The end of what was printed, without empty lines at its end. */
function lastLines(text: string): readonly string[] {
  return text.trimEnd().split('\n').slice(-shownLines)
}
