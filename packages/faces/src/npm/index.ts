// The npm face: what npm, pnpm, yarn and bun speak.
import type { FaceDefinition } from '@stele/http/routes'
import { createAccess } from '../access.ts'
import { accountRoutes } from './account.ts'
import { auditRoutes } from './audit.ts'
import { factsRoutes } from './facts.ts'
import { npmHabits } from './habits.ts'
import { ownerRoutes } from './owners.ts'
import { packumentRoutes } from './packument.ts'
import type { NpmPorts } from './ports.ts'
import { publishRoutes } from './publish.ts'
import { searchRoutes } from './search.ts'
import { type NpmSettings, npmSection } from './settings.ts'
import { tagRoutes } from './tags.ts'
import { tarballRoutes } from './tarball.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './user.ts'

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
        ...factsRoutes(ports),
        ...auditRoutes(ports),
        ...packumentRoutes(ports),
        ...tarballRoutes(ports),
        ...publishRoutes({ ...ports, settings }, access),
        ...tagRoutes(ports, access),
        ...ownerRoutes(ports, access),
        ...userRoutes(ports, access),
        ...accountRoutes(ports, access),
        ...tokenRoutes(ports, access),
        ...searchRoutes(ports),
      ],
    }
  },
}
