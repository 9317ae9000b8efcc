// A packument without some of its versions, cut out of the bytes of its template: a large one would take ten times its size as
// objects, and whoever asks meanwhile would wait for it.
import {
  isJsonObject,
  type JsonObject,
  memberOf,
  membersOf,
  parseTolerantJson,
} from '@stele/formats/json'
import { highestUpTo } from '@stele/formats/ranges'
import { maxReasonsShown } from './limits.ts'

/** A text that takes the place of the bytes [from, to). */
export type Edit = { readonly from: number; readonly to: number; readonly text: string }

/** The versions of a template, in its order. */
export function versionsOf(template: Buffer): readonly string[] {
  return namesIn(memberOf(template, 'versions') ?? nothing)
}

/** When its versions were published, as it says. */
export function timesOf(template: Buffer): JsonObject {
  return objectOf(memberOf(template, 'time') ?? nothing)
}

/**
 * What is to be changed in a template that shall be without these versions, in its order. What they were the tags of has none, but
 * "latest": the highest one before it takes its place. Why they are gone is told to npm.
 */
export function planCuts(template: Buffer, held: ReadonlyMap<string, string>): readonly Edit[] {
  const parts = new Map<string, Buffer>()
  for (const { key, value } of membersOf(template)) parts.set(key.toString(), value)
  const [versions = nothing, time = nothing, tags] = ['"versions"', '"time"', '"dist-tags"'].map(
    (key) => parts.get(key),
  )
  const names = namesIn(versions)
  const left = names.filter((version) => !held.has(version))
  const edits = [versions, time].flatMap((part) => [...cutsOf(part, held)])
  if (tags !== undefined) {
    const text = JSON.stringify(tagsLeft(objectOf(tags), held, left))
    edits.push({ from: 0, to: tags.length, text, within: tags })
  }
  const gone = names.flatMap((version) => {
    const reason = held.get(version)
    return reason === undefined ? [] : [{ version, reason }]
  })
  if (gone.length > 0) edits.push(restrict(template, parts.get('"policyRestrictions"'), gone))
  return edits
    .map(({ from, to, text, within }) => {
      const start = within.byteOffset - template.byteOffset
      return { from: start + from, to: start + to, text }
    })
    .sort((one, other) => one.from - other.from)
}

/** The template as it is planned. */
export function applyCuts(template: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Uint8Array[] = []
  let kept = 0
  for (const { from, to, text } of edits) {
    pieces.push(template.subarray(kept, from), Buffer.from(text))
    kept = to
  }
  return Buffer.concat([...pieces, template.subarray(kept)])
}

const nothing = Buffer.from('{}')
const openObject = 0x7b

/** npm prints this where it wants one of these versions; without, it says only that it cannot find it. */
function restrict(
  template: Buffer,
  own: Buffer | undefined,
  gone: readonly { readonly version: string; readonly reason: string }[],
): Edit & { readonly within: Buffer } {
  const versions = Object.fromEntries(gone.map(({ version }) => [version, { version }]))
  const newest = gone.slice(-maxReasonsShown)
  const more = gone.length - newest.length
  const message = [
    ...newest.map(({ version, reason }) => `${version}: ${reason}`),
    ...(more > 0 ? [`and ${more} other versions`] : []),
  ].join('\n')
  const text = JSON.stringify({ versions, message })
  if (own !== undefined) return { from: 0, to: own.length, text, within: own }
  const end = template.lastIndexOf('}')
  return { from: end, to: end, text: `,"policyRestrictions":${text}`, within: template }
}

/** What is between the members that stay, but for one comma each. */
function* cutsOf(
  object: Buffer,
  held: ReadonlyMap<string, string>,
): Generator<Edit & { readonly within: Buffer }> {
  if (object[0] !== openObject) return // An upstream may tell anything as the times of its versions.
  let end = 1 // Of what stays so far.
  for (const { key, value } of membersOf(object)) {
    if (held.has(nameOf(key))) continue
    const start = key.byteOffset - object.byteOffset
    const from = end
    const to = end === 1 ? start : start - 1
    end = value.byteOffset - object.byteOffset + value.length
    if (to > from) yield { from, to, text: '', within: object }
  }
  const to = object.length - 1
  if (to > end) yield { from: end, to, text: '', within: object }
}

function tagsLeft(
  tags: JsonObject,
  held: ReadonlyMap<string, string>,
  left: readonly string[],
): JsonObject {
  const found = Object.entries(tags).flatMap(([tag, version]) => {
    if (typeof version !== 'string' || !held.has(version)) return [[tag, version] as const]
    const next = tag === 'latest' ? highestUpTo(left, version) : undefined
    return next === undefined ? [] : [[tag, next] as const]
  })
  return Object.fromEntries(found)
}

function namesIn(object: Buffer): readonly string[] {
  return [...membersOf(object)].map(({ key }) => nameOf(key))
}

function nameOf(key: Buffer): string {
  const name: unknown = JSON.parse(key.toString())
  return String(name)
}

function objectOf(json: Buffer): JsonObject {
  const value = parseTolerantJson(json.toString(), 'a packument')
  return isJsonObject(value) ? value : {}
}
