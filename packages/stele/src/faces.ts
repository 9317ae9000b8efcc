// The faces that a server has: adding one is a line here. What it needs of the server, it says itself.
import { type HealthPorts, healthFace } from '@stele/faces/health'
import { type LogPorts, logFace } from '@stele/faces/log'
import { mnpmFace } from '@stele/faces/mnpm'
import { type NpmPorts, npmFace } from '@stele/faces/npm'
import { type WebPorts, webFace } from '@stele/faces/web'
import type { Face, FaceDefinition } from '@stele/http'
import type { AnySection, Section } from '@stele/settings'

/** What the server offers to its faces. */
export type FacePorts = NpmPorts & LogPorts & WebPorts & HealthPorts

type ReadSection = <S extends object>(section: Section<S>) => S

type Wired = {
  readonly section: AnySection
  readonly check: (read: ReadSection) => void
  readonly open: (ports: FacePorts, read: ReadSection) => Face
}

/** In this order: the first face that has a route for a request answers it. */
const faces: readonly Wired[] = [
  wire(webFace),
  wire(npmFace),
  wire(logFace),
  wire(healthFace),
  wire(mnpmFace),
]

/** The sections of their settings. */
export const faceSections: readonly AnySection[] = faces.map(({ section }) => section)

/** Throws setting_invalid for settings that a face cannot use, before anything is opened. */
export function checkFaceSettings(read: ReadSection): void {
  for (const face of faces) face.check(read)
}

/** The faces, open. */
export function openFaces(ports: FacePorts, read: ReadSection): Face[] {
  return faces.map((face) => face.open(ports, read))
}

function wire<S extends object>({ settings, open }: FaceDefinition<FacePorts, S>): Wired {
  return {
    section: settings,
    check: (read) => {
      read(settings)
    },
    open: (ports, read) => open(ports, read(settings)),
  }
}
