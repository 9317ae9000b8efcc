// The public face of @stele/log.
export { heartbeatMs } from './limits.ts'
export { makeBundle, makeTile } from './log-files.ts'
export type {
  Appended,
  CommitGroup,
  LogEvent,
  LogPorts,
  LogStore,
  MemorySnapshot,
  PastRow,
  SnapshotHome,
  StagedEntry,
  StateRow,
  StoredHead,
} from './ports.ts'
export { createPublisher, type Publisher } from './publisher.ts'
export type { PublicFolder, Watermark } from './publisher-ports.ts'
export { Sequencer, type SignedBody } from './sequencer.ts'
