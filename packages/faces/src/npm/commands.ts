// What npm's clients ask for besides packages: facts, advisories, tags, owners, users, accounts, tokens, search.
import type { Route } from '@stele/http/routes'
import type { Access } from '../access.ts'
import { accountRoutes } from './account.ts'
import { auditRoutes } from './audit.ts'
import { factsRoutes } from './facts.ts'
import { ownerRoutes } from './owners.ts'
import type { NpmPorts } from './ports.ts'
import { searchRoutes } from './search.ts'
import { tagRoutes } from './tags.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './user.ts'

/** Their routes, as they stand at the root. */
export function commandRoutes(ports: NpmPorts, access: Access): readonly Route[] {
  return [
    ...factsRoutes(ports),
    ...auditRoutes(ports),
    ...tagRoutes(ports, access),
    ...ownerRoutes(ports, access),
    ...userRoutes(ports, access),
    ...accountRoutes(ports, access),
    ...tokenRoutes(ports, access),
    ...searchRoutes(ports),
  ]
}
