// Which line of which package.json asked for what could not be had.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { errorFromJson, type SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { placeIn } from './json-places.ts'
import { readProjectFile } from './project-file.ts'

/** The error with file, line and column of the dependency that led to it, where it tells who asked; else as it is. */
export function withAsker(error: SteleError, root: string): SteleError {
  const { details } = error
  if (!('chain' in details) || 'asked' in details) return error
  const [folder, first] = details.chain
  if (folder === undefined) return error
  const path = folder === '.' ? 'package.json' : `${folder}/package.json`
  const clues = first === undefined ? cluesIn(details) : [first.slice(0, first.indexOf('@', 1))]
  const place = findDependency(join(root, path), clues)
  if (place === undefined) return error
  return errorFromJson(error.code, { ...details, asked: `${path}:${place.line}:${place.column}` })
}

/** What the dependency may be called, or hold. */
function cluesIn(details: object): readonly string[] {
  const clues: readonly unknown[] = [
    Reflect.get(details, 'name'),
    Reflect.get(details, 'specifier'),
  ]
  return clues.filter((clue) => typeof clue === 'string')
}

const members = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
] as const

/** The place of the first dependency that is called so, else of the first whose specifier speaks of it. */
function findDependency(
  path: string,
  clues: readonly string[],
): ReturnType<typeof placeIn> | undefined {
  if (!existsSync(path)) return undefined // It is only about to be written.
  const text = readProjectFile(path)
  const manifest: JsonValue = JSON.parse(text.replace(/^\uFEFF/, ''))
  if (!isJsonObject(manifest)) return undefined
  const written = members.flatMap((member) => entriesIn(manifest, member))
  const found =
    written.find(({ name }) => clues.includes(name)) ??
    written.find(({ specifier }) => clues.some((clue) => specifier.includes(clue)))
  return found && placeIn(text, [found.member, found.name])
}

function entriesIn(
  manifest: JsonObject,
  member: string,
): readonly { readonly member: string; readonly name: string; readonly specifier: string }[] {
  const dependencies = manifest[member]
  if (dependencies === undefined || !isJsonObject(dependencies)) return []
  return Object.entries(dependencies).flatMap(([name, specifier]) =>
    typeof specifier === 'string' ? [{ member, name, specifier }] : [],
  )
}
