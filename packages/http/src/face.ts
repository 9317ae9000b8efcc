// What a face is: a part of the address space, with routes, and settings of its own. The app lists the faces that it has.
import type { Section } from '@stele/settings'
import type { Ask } from './ask.ts'
import type { Switch } from './exchange.ts'
import type { Params, Route } from './router.ts'

/** A face that is open: its ports and settings are bound. Where two faces have the same route or upgrade, the first has it. */
export type Face = Habits & {
  readonly routes: readonly Route[]
  /** Where it has a port of its own, it is not at the server's; 0 takes a free one. */
  readonly port?: number
  readonly upgrades?: readonly Upgrade[]
}

/** What the edge must know of a face's addresses and clients before it finds a route, and where it finds none. */
export type Habits = {
  /** The path in the form that the routes take, percent-encoded as before. What belongs to others stays as it is. */
  readonly foldPath?: (path: string) => string
  /** Path and query without the secrets that they may carry. They go into events and errors. */
  readonly hideSecrets?: (path: string) => string
  /** Headers in which clients say what they are doing, and the note of the access event that says it again. */
  readonly noteHeaders?: { readonly [header: string]: string }
  /** True for clients that show a person nothing of an error but its status line: it stands there then. Others would print it twice. */
  readonly showsOnlyStatus?: (userAgent: string) => boolean
}

/** Another protocol, such as `websocket`, at one path. What `open` throws is answered as an error. */
export type Upgrade = {
  readonly protocol: string
  readonly path: string
  readonly open: (
    ask: Ask,
    params: Params,
  ) => Omit<Switch, 'protocol'> | Promise<Omit<Switch, 'protocol'>>
}

/** A face as its package defines it. `Ports` is what it needs of the server, and no more. */
export type FaceDefinition<Ports, S extends object = object> = {
  /** The section of settings that it reads. */
  readonly settings: Section<S>
  readonly open: (ports: Ports, settings: S) => Face
}
