// What is to stand in the node_modules of a project: folders of packages, links, programs. Paths are below the root, with slashes.
import type { InstanceKey } from '@stele/resolve/graph'
import type { Bringing } from './bins.ts'
import type { SlotKey } from './slot-keys.ts'

/** What a link leads to: a folder of the project, or a package in a slot of the store. */
export type Target =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'slot'; readonly slot: SlotKey; readonly name: string }

/** Something that is made beside its place and then renamed: a package's files, with the links of its surroundings. */
export type Unit = {
  readonly path: string
  /** Where in it the package's files are; empty where they are all of it. */
  readonly inside: string
  readonly key: InstanceKey
  /** Places within it. */
  readonly links: ReadonlyMap<string, Target>
}

/** A folder of programs, and the packages that bring them: of two that bring the same, the first. */
export type Bins = {
  readonly path: string
  readonly packages: readonly {
    readonly release: Bringing
    readonly folder: string
    /** It is a folder that somebody works in. */
    readonly isLinked?: boolean
  }[]
}

/** All of it. */
export type Tree = {
  /** Those that hold others come first. */
  readonly units: readonly Unit[]
  readonly links: ReadonlyMap<string, Target>
  readonly bins: readonly Bins[]
  /** Folders in which nothing else may stand, except for what begins with a dot. */
  readonly modules: ReadonlySet<string>
  /** Slots of the store that the project needs. */
  readonly slots: readonly SlotKey[]
}

/** The folder of packages that live in the project. */
export const ownFolder = 'node_modules/.stele'
/** Where packages find what they do not depend on and use all the same: Node looks there after their own links. */
export const hoistFolder: string = `${ownFolder}/node_modules`
