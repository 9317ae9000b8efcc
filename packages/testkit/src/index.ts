// The public face of @stele/testkit: for tests only.

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
