// The public face of @stele/entries/checks.
export {
  type CheckItem,
  type CheckOutcomeOf,
  type CheckToolsOver,
  type ServedContents,
} from '../checks.ts'
