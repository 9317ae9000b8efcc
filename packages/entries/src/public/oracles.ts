// The public face of @stele/entries/oracles.
export {
  nothingAllowed,
  type OracleErrorName,
  oracleError,
  oracleErrors,
} from '../oracle-errors.ts'
