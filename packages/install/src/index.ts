// The public face of @stele/install.
export { isFor, type Omitted, type Platform, selectInstances } from './platform.ts'
export { type Linked, linkProject, type ProjectPlan } from './project-layout.ts'
export { type SlotKey, slotKeys } from './slot-keys.ts'
export { openStore, type SlotLink, type Staged, type Store } from './store.ts'
