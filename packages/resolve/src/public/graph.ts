// The public face of @stele/resolve/graph.
export {
  type Direct,
  type Graph,
  type Importer,
  type Instance,
  type InstanceKey,
  linkedFolder,
  type PackageId,
  releaseOf,
} from '../graph.ts'
export { integrityOf, type Packument, type Release } from '../packument.ts'
export { wantedNode } from '../pick-version.ts'
export { type EdgeKind, peersOf, type WantedEdge } from '../wanted.ts'
