// How a counted limit ends a call: thrown through the VM, so that no script can catch it. The memory is put back after it.
import type { Limits } from './limits.ts'

/** Thrown where a call exceeds a limit. The VM's memory must be put back before it is used again. */
export class Trap extends Error {
  readonly limit: keyof Limits

  constructor(limit: keyof Limits) {
    super(limit)
    this.limit = limit
  }
}
