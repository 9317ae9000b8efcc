// The public face of @stele/tlog/witness.
export {
  type AddCheckpoint,
  decideAddCheckpoint,
  formatAddCheckpoint,
  formatSizeConflict,
  monitoringPath,
  parseAddCheckpoint,
  parseSizeConflict,
  sizeConflictType,
  type WitnessDecision,
  type WitnessedLog,
} from '../witness.ts'
