// The public face of @stele/formats/values.
export { type ChunkLine, formatChunk, parseChunk } from '../chunk.ts'
export {
  type ContentsValue,
  formatContentsValue,
  formatVersionsValue,
  type LocatedValue,
  parseContentsValue,
  parseLocatedValue,
  parseVersionsValue,
  type VersionsValue,
} from '../release-values.ts'
