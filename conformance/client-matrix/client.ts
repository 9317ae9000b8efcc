// What a client is to the matrix: a program, its settings, and how each of its commands is typed.
import type { NpmVersion } from '../npm-client.ts'
import type { Files } from '../npm-world.ts'

/** What clients do with a registry. A client lacks those that are not among its commands. */
export type Verb =
  | 'whoami'
  | 'ping'
  | 'publish'
  | 'install'
  | 'frozen'
  | 'add'
  | 'update'
  | 'outdated'
  | 'view'
  | 'search'
  | 'tagAdd'
  | 'tagList'
  | 'tagRemove'
  | 'deprecate'
  | 'undeprecate'
  | 'ownerAdd'
  | 'ownerList'
  | 'ownerRemove'
  | 'star'
  | 'stars'
  | 'unstar'
  | 'tokenList'
  | 'profile'
  | 'audit'
  | 'unpublish'
  | 'unpublishAll'

/** Words with a space between them; `{name}` stands for a value of the step, `{nothing}` for an empty word. A number after them is the exit code, 0 when absent. */
export type Command = string | readonly [words: string, code: number]

/** How each command is typed. */
export type Commands = { readonly [verb in Verb]?: Command }

/** What its settings are made of. */
export type Registry = { readonly url: string; readonly token: string }

/** A row of the matrix. */
export type Client = {
  /** Its name in conformance/clients/package.json. */
  readonly name: string
  /** The program, below that name's folder; run by Node unless it is a program of its own. */
  readonly program: string
  readonly isBinary?: boolean
  /** The npm that it finds as `npm`, and that stands in for commands that it lacks. */
  readonly npm: NpmVersion
  readonly commands: Commands
  /** The files of its home that name registry and token, and let it install what was published just now. */
  readonly settings: (registry: Registry) => Files
  readonly env?: Readonly<Record<string, string>>
  /** Where it holds fresh packages back unless told otherwise: those settings without that, and what then happens. */
  readonly ageLimit?: {
    readonly settings: (registry: Registry) => Files
    readonly env?: Readonly<Record<string, string>>
    readonly code: number
    readonly shows: RegExp
    /** What node_modules then holds, of `{left}` in 1.0.0 and 1.1.0. */
    readonly tree?: readonly string[]
  }
  /** What installing a deprecated version shows; nothing of it when absent. */
  readonly warns?: RegExp
  /** What it wants to find in a project besides package.json. */
  readonly projectFiles?: Files
  /** Typed before a publish, in the same folder. */
  readonly beforePublish?: string
  /** Files in node_modules that are its own and not of a package. */
  readonly ownFiles: RegExp
  /** Requests, as `<method> <path>`, for what no registry of ours offers. */
  readonly asksInVain?: RegExp
}

/** An .npmrc with the registry and its token. */
export function npmrcOf({ url, token }: Registry, ...more: readonly string[]): string {
  const lines = [`registry=${url}/`, `${url.replace(/^http:/, '')}/:_authToken=${token}`, ...more]
  return `${lines.join('\n')}\n`
}
