// The public face of @stele/releases/state.
export {
  decode,
  isOperator,
  isStar,
  type Notice,
  packageNames,
  packageObject,
  parseNotice,
  parsePackageObject,
  readAccount,
  readContents,
  readLiveVersions,
  readNotice,
  readNotices,
  readOrigin,
  readOwners,
  readStars,
  readTags,
  readVersions,
} from '../package-state.ts'
export { type StateRow, type StateRows } from '../state-rows.ts'
