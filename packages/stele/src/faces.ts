// The faces that a server has: adding one is a line here. What it needs of the server, it says itself.
import { type HealthPorts, healthFace } from '@stele/faces/health'
import { type LogPorts, logFace } from '@stele/faces/log'
import { type NpmPorts, npmFace } from '@stele/faces/npm'
import { type WebPorts, webFace } from '@stele/faces/web'
import type { Face, FaceDefinition } from '@stele/http'
import type { Settings } from './settings/schema.ts'

/** What the server offers to its faces. */
export type FacePorts = NpmPorts & LogPorts & WebPorts & HealthPorts

type Wired = (ports: FacePorts, settings: Settings) => Face

/** In this order: the first face that has a route for a request answers it. */
const faces: readonly Wired[] = [
  wire(webFace, () => ({})),
  wire(npmFace, (settings) => settings),
  wire(logFace, () => ({})),
  wire(healthFace, () => ({})),
]

/** The faces, open. */
export function openFaces(ports: FacePorts, settings: Settings): Face[] {
  return faces.map((open) => open(ports, settings))
}

function wire<S extends object>(
  face: FaceDefinition<FacePorts, S>,
  read: (settings: Settings) => S,
): Wired {
  return (ports, settings) => face.open(ports, read(settings))
}
