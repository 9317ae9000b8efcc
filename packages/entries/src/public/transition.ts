// The public face of @stele/entries/transition.
export { type LoggedEntry, readLogged } from '../logged-entry.ts'
export { type Members, membersOf } from '../members.ts'
export {
  applyBody,
  keysObject,
  lastSignedSeq,
  logObject,
  readLogRow,
  rootsIn,
  type Transition,
} from '../transition.ts'
