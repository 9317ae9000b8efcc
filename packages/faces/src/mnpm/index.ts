// The mnpm face: a registry that says what exists and what its checksum is, while tarballs may come from any mirror.
import type { FaceDefinition } from '@stele/http/routes'
import { createAccess } from '../access.ts'
import type { MnpmPorts } from './ports.ts'
import { publishRoutes } from './publish.ts'
import { readRoutes } from './reads.ts'
import { type MnpmSettings, mnpmSection } from './settings.ts'

export type { MnpmPorts } from './ports.ts'
export type { MnpmSettings } from './settings.ts'

/** The five calls of mnpm below `/-/mnpm`. */
export const mnpmFace: FaceDefinition<MnpmPorts, MnpmSettings> = {
  settings: mnpmSection,
  open: (ports, settings) => ({
    routes: [...readRoutes(ports, settings), ...publishRoutes(ports, createAccess(ports))],
  }),
}
