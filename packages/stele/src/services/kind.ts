// What a kind of service is: everything that is particular to it lies in a folder of its own, and `kinds.ts` lists them.
import type { Face } from '@stele/http'
import type { ServiceDefinition } from '@stele/service'
import type { AnySection } from '@stele/settings'
import type { HomeOptions } from '@stele/storage'
import type { RunningService } from '../server/run-service.ts'
import type { FacePorts, ReadSection, WiredFace } from './faces.ts'

/** A kind of service. What only one thread needs is loaded there. */
export type ServiceKind<Own extends object = object> = {
  readonly name: string
  /** What a new log of it begins with. */
  readonly definition: ServiceDefinition
  /** What is derived from its log, in the thread that runs it. */
  readonly projections: () => Promise<HomeOptions['projections']>
  /** What the server offers of it. */
  readonly server: () => Promise<ServerPart<Own>>
}

/** What the server has of a kind. */
export type ServerPart<Own extends object = object> = {
  /** The sections of its settings. */
  readonly sections: readonly AnySection[]
  /** Throws setting_invalid for settings that it cannot use, before anything is opened. */
  readonly check: (read: ReadSection) => void
  /** What it opens itself goes on the stack: the server closes it. */
  readonly open: OpenKind<OpenedKind<Own>>
}

/** What a kind is told when it opens. */
export type KindPorts = {
  readonly read: ReadSection
  /** Tells the operator. */
  readonly report: (event: { readonly event: string }) => void
}

/** Opens what a kind makes of a service. */
type OpenKind<Opened> = (
  service: RunningService,
  closing: AsyncDisposableStack,
  ports: KindPorts,
) => Promise<Opened>

/** A service that is open, and what its kind makes of it. */
export type OpenedKind<Own extends object = object> = {
  readonly own: Own
  readonly openFaces: (ports: FacePorts, read: ReadSection) => readonly Face[]
}

/**
 * The part of a kind with these faces, in the order in which they have what several of them want. `open` makes what they
 * need; `own` are the sections of settings that it reads.
 */
export function serverPart<Own extends object>(
  faces: readonly WiredFace<FacePorts & Own>[],
  open: OpenKind<Own>,
  own: readonly Pick<WiredFace<object>, 'section' | 'check'>[] = [],
): ServerPart<Own> {
  return {
    sections: [...own, ...faces].map(({ section }) => section),
    check: (read) => {
      for (const part of [...own, ...faces]) part.check(read)
    },
    open: async (service, closing, kindPorts) => {
      const opened = await open(service, closing, kindPorts)
      const openFaces: OpenedKind['openFaces'] = (ports, read) =>
        faces.map((face) => face.open({ ...ports, ...opened }, read))
      return { own: opened, openFaces }
    },
  }
}
