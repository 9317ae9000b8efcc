// The public face of @stele/log/script: what a script offers to callers, and asks of the world outside.
export type { Offers } from '../pending.ts'
export type { AskOutside } from '../ports.ts'
