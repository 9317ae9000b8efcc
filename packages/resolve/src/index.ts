// The public face of @stele/resolve.
export type { Locked, ResolvePorts, ResolveRules, WantedImporter } from './crawl.ts'
export type { PeerMismatch } from './peers.ts'
export { type Resolved, resolve } from './resolve.ts'
