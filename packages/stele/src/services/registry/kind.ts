// The registry, as a kind of service.
import { rulesScript } from '@stele/registry'
import type { ServiceKind } from '../kind.ts'
import type { RegistryPart } from './server.ts'

/** A script that keeps nothing between calls, and package pages and search over its log. */
export const registryKind: ServiceKind<RegistryPart> = {
  name: 'registry',
  definition: { script: rulesScript, memory: 'fresh' },
  projections: async () => (await import('./projections.ts')).registryProjections,
  server: async () => (await import('./server.ts')).registryServer,
}
