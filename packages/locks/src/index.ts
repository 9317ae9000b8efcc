// The public face of @stele/locks.
export { formatLock } from './format-lock.ts'
export type { Lock } from './lock.ts'
export { type Forgotten, lockedOf } from './locked.ts'
export { type Choice, type LockFault, type OpenedLock, openLock } from './open-lock.ts'
export { parseLock } from './parse-lock.ts'
export { type AskedRange, rangeIn } from './range-in.ts'
export { type Drift, formatDrift, type Reconciled, reconcile } from './reconcile.ts'
