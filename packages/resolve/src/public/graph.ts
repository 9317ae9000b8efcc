// The public face of @stele/resolve/graph.
export {
  type Direct,
  type Graph,
  type Importer,
  type Instance,
  type InstanceKey,
  linkedFolder,
  type PackageId,
} from '../graph.ts'
export type { Packument, Release } from '../packument.ts'
export { wantedNode } from '../pick-version.ts'
export { type EdgeKind, peersOf, type WantedEdge } from '../wanted.ts'
