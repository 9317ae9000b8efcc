// Packages of the workspace that others of it are to depend on: what package.json says then.
import { SteleError } from '@stele/errors'
import { isJsonObject } from '@stele/formats/json'
import semver from 'semver'
import type { Project } from './project.ts'

/** How a range begins that is saved. */
export type SavePrefix = '' | '^' | '~'

type Neighbour = { readonly folder: string; readonly version: string | undefined }

/** The packages of a workspace by name. */
export type Workspace = {
  readonly members: ReadonlyMap<string, Neighbour>
  /** Somebody in it writes "workspace:", or it is pnpm's, to which a plain range means a registry. */
  readonly hasProtocol: boolean
}

/** The workspace of a project. */
export function workspaceOf({ importers, manifests, members, settingsFile }: Project): Workspace {
  const own = new Set(members)
  const named = importers.flatMap(({ folder, name, version }) =>
    name !== undefined && own.has(folder) ? [[name, { folder, version }] as const] : [],
  )
  const specifiers = manifests.flatMap(({ manifest }) =>
    ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((member) => {
      const found = manifest[member]
      return found !== undefined && isJsonObject(found) ? Object.values(found) : []
    }),
  )
  const hasProtocol =
    settingsFile['packages'] !== undefined ||
    specifiers.some((each) => typeof each === 'string' && each.startsWith('workspace:'))
  return { members: new Map(named), hasProtocol }
}

type Wanted = {
  readonly name: string
  /** What was typed behind the name; empty where nothing was. */
  readonly wanted: string
  readonly prefix: SavePrefix
  readonly importer: string
}

/** What package.json says of it, as the project writes such things. Throws usage_wrong where something else was asked for. */
export function neighbourRange(
  { name, wanted, prefix, importer }: Wanted,
  { folder, version }: Neighbour,
  { hasProtocol }: Workspace,
): string {
  if (folder === importer) throw wrong(`"${name}" is the package in ${folder} itself`)
  const { raw: plain } = semver.parse(version) ?? { raw: undefined }
  if (wanted !== '') {
    const fits = semver.satisfies(plain ?? '0.0.0', wanted, { loose: true })
    if (fits) return hasProtocol ? `workspace:${wanted}` : wanted
    const has = version === undefined ? 'without a version' : `in version ${version}`
    throw wrong(
      `The workspace has "${name}" ${has} (${folder}), which is not "${wanted}": add "${name}", or "${name}@npm:${name}@${wanted}" for a registry's`,
    )
  }
  if (hasProtocol) return `workspace:${prefix === '' ? '*' : prefix}`
  return plain === undefined ? '*' : `${prefix}${plain}`
}

function wrong(reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command: 'add' })
}
