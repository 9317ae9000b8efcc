// A script of one's own, as a kind of service: each service of it begins with a script that is given when it is made.
import type { ServiceKind } from '../kind.ts'

/** It keeps its memory between calls, and derives nothing from its log. */
export const vmKind: Pick<ServiceKind, 'name' | 'definition' | 'projections'> = {
  name: 'vm',
  definition: {
    script: () => {
      throw new Error('A service of this kind is made with its script')
    },
    memory: 'kept',
  },
  projections: async () => () => [],
}
