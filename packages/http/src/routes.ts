// What a face is made of: routes, what they are given, what they answer with.

export { type Ask, numberParameter, textMember } from './ask.ts'
export {
  type Draft,
  immutable,
  jsonDraft,
  ownDraft,
  ownOnly,
  removable,
  revalidate,
  type WholeFile,
} from './draft.ts'
export { routeNotFound } from './error-reply.ts'
export type { ByteStream } from './exchange.ts'
export type { Face, FaceDefinition, Upgrade } from './face.ts'
export { isKnown } from './finish.ts'
export { chooseCoding } from './negotiation.ts'
export type { Params, Route } from './router.ts'
