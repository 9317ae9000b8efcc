// stele prefix, root and bin: where things are.
import { join } from 'node:path'
import { placeOf } from '../client/project/place.ts'
import type { Command, Input } from './command.ts'
import { folderOf, globalOf, placeOptions } from './install-input.ts'

type Report = { readonly path: string }

/** The folder of the project, or what -g installs below. */
export const prefix: Command<Report> = folderCommand(
  'prefix',
  'Print the folder of this project; with -g the one below which programs are installed for you',
  ({ prefix: own }) => own,
  ({ folder }) => folder,
)

/** node_modules. */
export const root: Command<Report> = folderCommand(
  'root',
  'Print the folder of the packages that this project depends on',
  ({ folder }) => join(folder, 'node_modules'),
  ({ folder }) => join(folder, 'node_modules'),
)

/** Where programs are. */
export const bin: Command<Report> = folderCommand(
  'bin',
  'Print the folder of the programs that packages bring',
  (place) => place.bin,
  ({ folder }) => join(folder, 'node_modules', '.bin'),
)

type Global = NonNullable<ReturnType<typeof globalOf>>
type Local = Awaited<ReturnType<typeof placeOf>>

function folderCommand(
  name: string,
  summary: string,
  ofGlobal: (place: Global) => string,
  ofProject: (place: Local) => string,
): Command<Report> {
  return {
    usage: { name, summary, arguments: '', options: placeOptions },
    run: async (input: Input) => {
      const global = globalOf(input)
      if (global !== undefined) return { path: ofGlobal(global) }
      return { path: ofProject(await placeOf(folderOf(input))) }
    },
    view: ({ path }) => path,
  }
}
