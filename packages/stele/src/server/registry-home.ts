// The registry's home in a data folder, for whoever writes it.
import { registryProjection } from '@stele/registry'
import { bindProjection } from '@stele/replica'
import type { ServiceHome } from '@stele/service'
import { type HomeOptions, openServiceHome } from '@stele/storage'
import { createViewHome, prepareViews } from '@stele/storage/views'

/** Opens it, making what is not there. Throws `data_invalid`. */
export function openRegistryHome(options: Omit<HomeOptions, 'projections'>): ServiceHome {
  return openServiceHome({
    ...options,
    projections: (db) => {
      prepareViews(db)
      return [bindProjection(registryProjection, createViewHome(db))]
    },
  })
}
