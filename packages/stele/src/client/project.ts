// The package.jsons of a project.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { WantedImporter } from '@stele/resolve'
import type { EdgeKind, WantedEdge } from '@stele/resolve/graph'

/** A package.json of the project. */
export type ProjectManifest = { readonly folder: string; readonly manifest: JsonObject }

/** Reads the package.json of this folder. Throws manifest_unreadable. */
export function readManifest(root: string, folder: string): ProjectManifest {
  const path = join(root, folder, 'package.json')
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    if (isJsonObject(manifest)) return { folder, manifest }
    throw new Error('it is no JSON object')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('manifest_unreadable', { path, reason }, { cause })
  }
}

const members = ['devDependencies', 'dependencies', 'optionalDependencies'] as const

/** What it depends on: of a name that stands in several members, the last of these counts. Its peers are its own here. */
export function wantedOf({ folder, manifest }: ProjectManifest): WantedImporter {
  const edges = new Map<string, WantedEdge>()
  const add = (member: string, kind: EdgeKind): void => {
    const specifiers = manifest[member]
    if (specifiers === undefined || !isJsonObject(specifiers)) return
    for (const [name, specifier] of Object.entries(specifiers)) {
      if (typeof specifier === 'string') edges.set(name, { name, specifier, kind })
    }
  }
  add('peerDependencies', 'dependencies')
  for (const member of members) add(member, member)
  const { name, version } = manifest
  return {
    folder,
    name: typeof name === 'string' ? name : undefined,
    version: typeof version === 'string' ? version : undefined,
    edges: [...edges.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  }
}
