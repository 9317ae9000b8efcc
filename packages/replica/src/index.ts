// The public face of @stele/replica.
export {
  type BoundProjection,
  bindProjection,
  type MarkedProjection,
  type Projection,
  type ProjectionHome,
  type ProjectionMark,
  type ReadBlob,
  type ReadEntry,
  versionOf,
} from './projection.ts'
export { createReplica, type Lagging, lagOf, type Replica, type ReplicaPorts } from './replica.ts'
