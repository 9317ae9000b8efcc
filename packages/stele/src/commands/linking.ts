// What "stele link" and "stele unlink" begin with.
import type { InstallOptions } from '../client/installation.ts'
import { type Links, readLinks } from '../client/project/links.ts'
import { importerOf, placeOf } from '../client/project/place.ts'
import type { Input } from './command.ts'
import { readInstallOptions } from './install-input.ts'

type Place = {
  readonly asked: InstallOptions
  readonly root: string
  /** The folder of the nearest package.json. */
  readonly folder: string
  /** All links of the project, and those of this package.json. */
  readonly links: Links
  readonly own: Links[string]
  /** All links, with these for this package.json. */
  readonly withOwn: (own: Links[string]) => Links
}

/** The place that these commands are for, with what is linked there now. */
export async function placeOfLinks(input: Input): Promise<Place> {
  const asked = readInstallOptions(input)
  const here = await placeOf(asked.root)
  const importer = importerOf(here)
  const links = readLinks(here.root)
  const withOwn: Place['withOwn'] = (own) => ({ ...links, [importer]: own })
  return { asked, ...here, links, own: links[importer] ?? {}, withOwn }
}

/** The same input, for what is installed for the user: packages are known there by their names. */
export function globally(input: Input): Input {
  return { ...input, options: { ...input.options, global: true } }
}
