// The public face of @stele/install/clearing.
export { type Damaged, pruneStore, verifyStore } from '../clearing.ts'
