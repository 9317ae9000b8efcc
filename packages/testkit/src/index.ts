// The public face of @stele/testkit: for tests only.

export { type Forgery, LogBuilder, type LogBuilderOptions } from './log-builder.ts'
export { createNotesExecutor, type NotesExecutor, type NotesOptions } from './notes-script.ts'
export { roundsOf } from './rounds.ts'
export {
  createScriptSystem,
  type FakeCall,
  type FakeOutcome,
  type ScriptState,
  type ScriptSystem,
  type ScriptWrite,
} from './script-system.ts'
export {
  makePackage,
  makeTar,
  makeTarball,
  paxRecord,
  sealHeader,
  type TarEntry,
  type TarOptions,
} from './tarball.ts'
