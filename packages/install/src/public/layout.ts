// The public face of @stele/install/layout.
export type { Applied } from '../apply-tree.ts'
export { type Decided, decideLayout, type Layout, layouts } from '../layout.ts'
export { type LayoutPlan, linkProject, planLayout } from '../link-project.ts'
export { withTypedPeers } from '../typed-peers.ts'
