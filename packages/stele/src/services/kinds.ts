// The kinds of service that a server runs: adding one is a line here, and a folder beside this file.
import type { ServiceKind } from './kind.ts'
import { registryKind } from './registry/kind.ts'

/** The first lies in the data folder itself, each of the others in a folder of its own within. */
export const kinds: readonly [typeof registryKind, ...ServiceKind[]] = [registryKind]
