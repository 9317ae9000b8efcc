// The public face of @stele/install.
export { binsOf, checkSharedBins, linkSharedBins } from './bins.ts'
export { isFor, type Omitted, type Platform, selectInstances } from './platform.ts'
export { type SlotKey, slotKeys } from './slot-keys.ts'
export { openStore, prepareBins, type SlotLink, type Staged, type Store } from './store.ts'
export { differenceFrom, packagesOfProject, readRecords, slotsOfProject } from './tree-record.ts'
export { createUnpack, type Unpack } from './unpack.ts'
