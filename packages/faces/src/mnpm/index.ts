// The mnpm faces: a registry that says what exists and what its checksum is, while tarballs may come from any mirror.
import type { FaceDefinition } from '@stele/http/routes'
import { createAccess } from '../access.ts'
import { npmHabits } from '../npm/habits.ts'
import { mirrorRoutes } from './mirror.ts'
import type { MnpmPorts } from './ports.ts'
import { publishRoutes } from './publish.ts'
import { readRoutes } from './reads.ts'
import { type MnpmSettings, mnpmSection } from './settings.ts'
import { sharedWriter } from './shared-account.ts'

export type { MnpmPorts } from './ports.ts'
export { type MirrorSettings, type MnpmSettings, mirrorSection, mnpmSection } from './settings.ts'

/** The five calls of mnpm below `/-/mnpm`. */
export const mnpmFace: FaceDefinition<MnpmPorts, MnpmSettings> = {
  settings: mnpmSection,
  open: (ports, { mirrors }) => {
    const known = mirrorsOf(ports, mirrors)
    return {
      routes: [
        ...readRoutes('/-/mnpm', ports, () => known),
        ...publishRoutes('/-/mnpm', ports, createAccess(ports).needWriter),
      ],
    }
  },
}

/**
 * The same at the root of a port of their own, as mnpm's page has them: who publishes from this machine names no account, and
 * the port is a mirror itself, the only one where the operator names no other.
 */
export const mnpmPortFace: FaceDefinition<MnpmPorts, MnpmSettings> = {
  settings: mnpmSection,
  open: (ports, { mirrors, port }) => {
    const known = mirrorsOf(ports, mirrors)
    return {
      ...(port === null ? {} : { port }),
      foldPath: npmHabits.foldPath ?? ((path) => path),
      routes:
        port === null
          ? []
          : [
              ...readRoutes('', ports, (ask) => (known.length === 0 ? [ask.baseUrl()] : known)),
              ...publishRoutes('', ports, sharedWriter(ports)),
              ...mirrorRoutes(ports),
            ],
    }
  },
}

/** A mirror of a registry has the tarballs below npm/-. */
function mirrorsOf(ports: MnpmPorts, others: readonly string[]): readonly string[] {
  return [...(ports.mirrors ?? []).map((mirror) => `${mirror}/npm/-`), ...others]
}
