// The npm face: what npm, pnpm, yarn and bun speak.
import type { FaceDefinition } from '@stele/http/routes'
import { createAccess } from '../access.ts'
import { commandRoutes } from './commands.ts'
import { npmHabits } from './habits.ts'
import { packumentRoutes } from './packument.ts'
import type { NpmPorts } from './ports.ts'
import { publishRoutes } from './publish.ts'
import { type NpmSettings, npmSection } from './settings.ts'
import { tarballRoutes } from './tarball.ts'

export type { NpmPorts } from './ports.ts'
export type { NpmSettings } from './settings.ts'

/** The npm protocol, at the root. */
export const npmFace: FaceDefinition<NpmPorts, NpmSettings> = {
  settings: npmSection,
  open: (ports, settings) => {
    const access = createAccess(ports)
    return {
      ...npmHabits,
      routes: [
        ...packumentRoutes(ports),
        ...tarballRoutes(ports),
        ...publishRoutes({ ...ports, settings }, access),
        ...commandRoutes(ports, access),
      ],
    }
  },
}
