// The public face of @stele/state/bundle.
export {
  type BundleClaim,
  type BundleParts,
  checkBlob,
  formatBundle,
  type OpenBundle,
  openBundle,
  type ProvenLeaf,
  type ProvenValue,
} from '../bundle.ts'
export { openPartialTree, type PartialTree } from '../partial-tree.ts'
