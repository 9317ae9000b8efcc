// The public face of @stele/locks.
export { formatLock } from './format-lock.ts'
export type { Lock } from './lock.ts'
export { lockedOf } from './locked.ts'
export { parseLock } from './parse-lock.ts'
