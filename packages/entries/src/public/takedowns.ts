// The public face of @stele/entries/takedowns.
export { parseWithheldPart, type WithheldPart, type WithheldValues } from '../body.ts'
export {
  isReducedRecord,
  namedValues,
  namedWrites,
  type ValueWrite,
  valueWrites,
  withholdValues,
  withoutPart,
} from '../withheld-values.ts'
