// What the state says of one package (spec/release.md "State"), read through the StateReader port.
import type { StateReader } from '@stele/entries/calls'
import { isJsonObject, parseTolerantJson } from '@stele/formats/json'
import { decodeSegment, encodeSegment } from '@stele/formats/names'
import { type ContentsValue, parseContentsValue } from '@stele/formats/values'

/** What is said of a version. */
export type Notice = {
  readonly deprecated?: string
  readonly gone: boolean
  /** The SHA-256 of another record that its upstream told. */
  readonly differs?: string
}

const packagesObject = '/packages'
const noNotice: Notice = { gone: false }

/** The object that holds a package's files: `/packages/<name>`. */
export function packageObject(name: string): string {
  return `${packagesObject}/${encodeSegment(name)}`
}

/** The package and the sub-directory that an object of the state belongs to; undefined for other objects. */
export function parsePackageObject(
  object: string,
): { readonly name: string; readonly part: string } | undefined {
  if (!object.startsWith(`${packagesObject}/`)) return undefined
  const [segment = '', ...parts] = object.slice(packagesObject.length + 1).split('/')
  return { name: decodeSegment(segment), part: parts.join('/') }
}

/** True for the fields that a star is made of, the folder of the first one included. */
export function isStar({
  part,
  field,
}: {
  readonly part: string
  readonly field: string
}): boolean {
  return part === 'stars' || (part === '' && field === 'stars/')
}

/** Every package's name, hosted or not. */
export function packageNames(state: StateReader): readonly string[] {
  return [...walkPackageNames(state)]
}

/** The same, each made when it is asked for: that is most of the time that they take. */
export function* walkPackageNames(state: StateReader): Generator<string> {
  for (const field of state.list(packagesObject)) {
    if (field.endsWith('/')) yield decodeSegment(field.slice(0, -1))
  }
}

/** `hosted`, an upstream's id, or undefined where there is no such package. */
export function readOrigin(state: StateReader, name: string): string | undefined {
  return readText(state, packageObject(name), 'origin')
}

/** Tag to version, by the tags' bytes. One whose value the reader does not tell is left out. */
export function readTags(state: StateReader, name: string): ReadonlyMap<string, string> {
  const object = `${packageObject(name)}/tags`
  const tags = state.list(object).map((tag) => [tag, readText(state, object, tag)] as const)
  return new Map(tags.filter((found): found is [string, string] => found[1] !== undefined))
}

/** The owners' account names. */
export function readOwners(state: StateReader, name: string): readonly string[] {
  return state.list(`${packageObject(name)}/owners`)
}

/** The accounts that starred a package. */
export function readStars(state: StateReader, name: string): readonly string[] {
  return state.list(`${packageObject(name)}/stars`)
}

/** Every version ever published, removed ones too. */
export function readVersions(state: StateReader, name: string): readonly string[] {
  return state.list(`${packageObject(name)}/versions`)
}

/** Every version that was published and not removed since. */
export function readLiveVersions(state: StateReader, name: string): readonly string[] {
  const notices = readNotices(state, name)
  return readVersions(state, name).filter((version) => notices.get(version)?.gone !== true)
}

/** Version to notice, for those that have one. */
export function readNotices(state: StateReader, name: string): ReadonlyMap<string, Notice> {
  const object = `${packageObject(name)}/notices`
  return new Map(state.list(object).map((version) => [version, readNotice(state, name, version)]))
}

/** What is said of one version. */
export function readNotice(state: StateReader, name: string, version: string): Notice {
  const text = readText(state, `${packageObject(name)}/notices`, version)
  return text === undefined ? noNotice : parseNotice(text)
}

/** The notice in a value of the state. */
export function parseNotice(text: string): Notice {
  const members = parseTolerantJson(text, 'a notice')
  if (!isJsonObject(members)) throw new Error('The state holds a notice that is not an object')
  const { deprecated, differs, gone } = members
  return {
    ...(typeof deprecated === 'string' ? { deprecated } : {}),
    ...(typeof differs === 'string' ? { differs } : {}),
    gone: gone === true,
  }
}

/** What a version's tarball holds; undefined where the state does not have the version. */
export function readContents(
  state: StateReader,
  name: string,
  version: string,
): ContentsValue | undefined {
  const text = readText(state, `${packageObject(name)}/contents`, version)
  return text === undefined ? undefined : parseContentsValue(text)
}

/** `active`, `closed`, or undefined for an account that never joined. */
export function readAccount(state: StateReader, account: string): string | undefined {
  return readText(state, '/accounts', account)
}

/** True for the account that the registry was made by. */
export function isOperator(state: StateReader, account: string): boolean {
  return readText(state, '/', 'operator') === account
}

/** A field's value as text. */
export function readText(state: StateReader, object: string, field: string): string | undefined {
  const value = state.get(object, field)
  return value === undefined ? undefined : decode(value)
}

/** The bytes as text. */
export function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
