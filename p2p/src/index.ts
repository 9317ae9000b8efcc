// The public face of stele-p2p.

export { type Bootstrap, parseBootstrap } from './bootstrap.ts'
export { type CloneOptions, clone } from './clone.ts'
export { type Shared, type ShareOptions, share } from './share.ts'
export type { Synced } from './sync-drive.ts'
