// The public face of @stele/settings.
export { choice, duration, integer, kindOf, port, size, text, toggle, url } from './kinds.ts'
export { list, objects } from './lists.ts'
export { nearest } from './nearest.ts'
export {
  type AnySection,
  flagOf,
  readSection,
  refuseUnknown,
  type SettingSources,
  variableOf,
} from './read.ts'
export { noSettings, type Section } from './section.ts'
