// The public face of @stele/entries/transition.
export { type LoggedEntry, readLogged } from '../logged-entry.ts'
export { type Members, membersOf } from '../members.ts'
export { logObject, readLogRow, rootsIn } from '../settings-rows.ts'
export { keysObject, lastSignedSeq } from '../signing-keys.ts'
export { applyBody, type Transition } from '../transition.ts'
