// Every face that has an address.
import type { Route } from '@stele/http/routes'
import { createAccess } from './access.ts'
import { filesRoutes } from './log/files.ts'
import { proofRoutes } from './log/proof.ts'
import { accountRoutes } from './npm/account.ts'
import { factsRoutes } from './npm/facts.ts'
import { packumentRoutes } from './npm/packument.ts'
import { publishRoutes } from './npm/publish.ts'
import { searchRoutes } from './npm/search.ts'
import { tagRoutes } from './npm/tags.ts'
import { tarballRoutes } from './npm/tarball.ts'
import { tokenRoutes } from './npm/tokens.ts'
import { userRoutes } from './npm/user.ts'
import type { FacePorts } from './ports.ts'
import { homeRoutes } from './web/home.ts'

/** The routes of all faces. */
export function createRoutes(ports: FacePorts): Route[] {
  const access = createAccess(ports)
  return [
    ...homeRoutes(ports),
    ...factsRoutes(ports),
    ...packumentRoutes(ports),
    ...tarballRoutes(ports),
    ...publishRoutes(ports, access),
    ...tagRoutes(ports, access),
    ...userRoutes(ports, access),
    ...accountRoutes(ports, access),
    ...tokenRoutes(ports, access),
    ...searchRoutes(ports),
    ...filesRoutes(ports),
    ...proofRoutes(ports),
  ]
}
