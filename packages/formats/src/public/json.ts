// The public face of @stele/formats/json.
export {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalJson,
  parseJson,
  parseTolerantJson,
} from '../json.ts'
export { memberOf, membersOf } from '../json-member.ts'
