// The public face of @stele/install/layout.
export type { Applied } from '../apply-tree.ts'
export { type Decided, decideLayout, type Layout, layouts } from '../layout.ts'
export {
  type LayoutPlan,
  linkProject,
  type Overlay,
  planLayout,
  withOverlays,
} from '../link-project.ts'
export { withTypedPeers } from '../typed-peers.ts'
