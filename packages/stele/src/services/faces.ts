// The faces of a kind of service: their sections of settings, and how they are opened.
import type { Accounts, SignUpSettings } from '@stele/accounts'
import type { HealthPorts } from '@stele/faces/health'
import type { LogPorts } from '@stele/faces/log'
import type { NpmPorts } from '@stele/faces/npm'
import type { Face, FaceDefinition } from '@stele/http'
import type { AnySection, Section } from '@stele/settings'

/** What the edge tells to every face. */
export type EdgePorts = Pick<HealthPorts, 'counts' | 'connections'> &
  Pick<LogPorts, 'isPublic'> &
  Pick<NpmPorts, 'isClosed'> & { readonly signUp: SignUpSettings }

/** What the faces of any service may need. What is particular to a kind comes beside it. */
export type FacePorts = EdgePorts &
  LogPorts &
  Required<Pick<HealthPorts, 'writesRefused' | 'notAnswering'>> & { readonly accounts: Accounts }

/** Reads a section of the settings. */
export type ReadSection = <S extends object>(section: Section<S>) => S

/** A face whose settings are nobody else's business. */
export type WiredFace<Ports> = {
  readonly section: AnySection
  /** Throws setting_invalid for settings that the face cannot use, before anything is opened. */
  readonly check: (read: ReadSection) => void
  readonly open: (ports: Ports, read: ReadSection) => Face
}

/** Wires a face into a list. */
export function wire<Ports, S extends object>({
  settings,
  open,
}: FaceDefinition<Ports, S>): WiredFace<Ports> {
  return {
    section: settings,
    check: (read) => {
      read(settings)
    },
    open: (ports, read) => open(ports, read(settings)),
  }
}
