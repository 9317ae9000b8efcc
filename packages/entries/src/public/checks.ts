// The public face of @stele/entries/checks.
export { type CheckItem, type CheckOutcomeOf, type CheckToolsOver } from '../checks.ts'
