// The public face of @stele/resolve/queries: what may be asked of a graph.
export { findOutdated, type Outdated } from '../outdated.ts'
export { runsOn } from '../pick-version.ts'
export { type Way, waysTo } from '../why.ts'
