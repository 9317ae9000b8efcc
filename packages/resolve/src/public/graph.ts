// The public face of @stele/resolve/graph.
export { isFolderName } from '../folder-names.ts'
export {
  type Direct,
  type Graph,
  type Importer,
  type Instance,
  type InstanceKey,
  idAt,
  linkedFolder,
  type PackageId,
  releaseOf,
} from '../graph.ts'
export {
  hasInstallScript,
  integrityOf,
  isIntegrity,
  type Packument,
  type Release,
} from '../packument.ts'
export { wantedNode } from '../pick-version.ts'
export { soundRelease } from '../sound-release.ts'
export { type EdgeKind, peersOf, type WantedEdge } from '../wanted.ts'
