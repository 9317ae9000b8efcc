// The public face of @stele/entries/calls.
export {
  type CallAnswer,
  type CallBlob,
  type CallRequest,
  type SubmitCall,
  submitTaken,
} from '../call-request.ts'
export {
  CallWaits,
  type Executor,
  type OracleAnswer,
  type Outcome,
  type ScriptCall,
  type ScriptError,
  type ScriptMemory,
  type ScriptOffers,
  type StateReader,
  type Write,
} from '../execution.ts'
export {
  changesScript,
  noScript,
  type ScriptSettings,
  scriptSettingNames,
  settingsInForce,
} from '../settings-in-force.ts'
