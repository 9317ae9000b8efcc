// The public face of @stele/resolve.
export type { Locked, ResolvePorts, ResolveRules, WantedImporter } from './crawl.ts'
export { Overrides } from './overrides.ts'
export { parseOverrides, parseResolutions } from './parse-overrides.ts'
export type { PeerMismatch } from './peers.ts'
export { nodeRanges, type Ranges, seedRanges } from './ranges.ts'
export { type Resolved, resolve } from './resolve.ts'
export { parseSpecifier, type Specifier } from './specifier.ts'
