// The public face of @stele/replica.
export {
  type BoundProjection,
  bindProjection,
  type Projection,
  type ProjectionHome,
  type ProjectionMark,
  type ReadBlob,
} from './projection.ts'
export { createReplica, type Lagging, type Replica, type ReplicaPorts } from './replica.ts'
