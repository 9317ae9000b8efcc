// The public face of @stele/releases/observed.
export { baseMark, readShown, type Shown, type ShownRelease } from '../observed.ts'
export {
  countConflicts,
  isAmended,
  readAmended,
  readChosenRelease,
  readChosenReleases,
  readConflict,
  readHolders,
  readPinnedIntegrity,
  readSeenChunk,
  readSeenChunks,
  readSeenConflict,
  readUnlearned,
} from '../observed-state.ts'
export { walkPackageNames } from '../package-state.ts'
export { findLine, readLines, type SeenLine } from '../seen-lines.ts'
