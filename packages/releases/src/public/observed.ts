// The public face of @stele/releases/observed.
export { readShown, type Shown, type ShownRelease } from '../observed.ts'
export {
  isReserved,
  readAmended,
  readConflict,
  readPinnedIntegrity,
  readSeenChunks,
} from '../observed-state.ts'
export { readLines, type SeenLine } from '../seen-lines.ts'
