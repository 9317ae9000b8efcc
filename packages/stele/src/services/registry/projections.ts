// What the registry derives from its log.
import { registryProjection } from '@stele/registry'
import { bindProjection } from '@stele/replica'
import type { HomeOptions } from '@stele/storage'

/** Packuments and search. */
export const registryProjections: HomeOptions['projections'] = (homes) => [
  bindProjection(registryProjection, homes.registry()),
]
