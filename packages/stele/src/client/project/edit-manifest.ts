// Changes of a package.json as a person would make them: nothing else of its text becomes different.
import type { JsonObject } from '@stele/formats/json'
import type { Node } from 'jsonc-parser'

/** The members of package.json that name dependencies. */
export type Member =
  | 'dependencies'
  | 'devDependencies'
  | 'optionalDependencies'
  | 'peerDependencies'

/** A dependency as it is to be; without a specifier it is to go. */
export type ManifestEdit = {
  readonly member: Member
  readonly name: string
  readonly specifier: string | undefined
}

/** All of them. */
export const members: readonly Member[] = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
]

/** The text with these changes. Indent, line ends, one line in all and the order of members stay; a member that is empty then goes too. */
export async function editManifest(text: string, edits: readonly ManifestEdit[]): Promise<string> {
  const { findNodeAtLocation, parseTree } = await import('jsonc-parser')
  const start = text.startsWith('\uFEFF') ? 1 : 0
  let edited = text.slice(start)
  for (const { member, name, specifier } of edits) {
    const root = parseTree(edited)
    if (root === undefined) throw new Error('A package.json that was read is no JSON')
    const own = findNodeAtLocation(root, [member])
    const value = own && findNodeAtLocation(own, [name])
    if (specifier === undefined) {
      const isLast = own?.children?.length === 1
      if (value !== undefined) edited = without(edited, (isLast ? own : value).parent)
    } else if (value !== undefined) edited = replaced(edited, value, JSON.stringify(specifier))
    else if (own === undefined) {
      const added = { name, value: JSON.stringify(specifier) }
      edited = withMember(edited, root, { name: member, value: objectOf(edited, 1, added) })
    } else edited = withMember(edited, own, { name, value: JSON.stringify(specifier) })
  }
  return text.slice(0, start) + edited
}

/** The text with this value below "stele": `name` is a member of that. */
export async function editSection(text: string, name: string, value: JsonObject): Promise<string> {
  const { findNodeAtLocation, parseTree } = await import('jsonc-parser')
  const start = text.startsWith('\uFEFF') ? 1 : 0
  const whole = text.slice(start)
  const root = parseTree(whole)
  if (root === undefined) throw new Error('A package.json that was read is no JSON')
  const section = findNodeAtLocation(root, ['stele'])
  const own = findNodeAtLocation(root, ['stele', name])
  const isObject = section?.type === 'object'
  const edited =
    own !== undefined
      ? replaced(whole, own, textAt(whole, 2, value))
      : isObject
        ? withMember(whole, section, { name, value: textAt(whole, 2, value) })
        : withMember(whole, root, { name: 'stele', value: textAt(whole, 1, { [name]: value }) })
  return text.slice(0, start) + edited
}

/** A value as it stands so many levels deep. */
function textAt(text: string, depth: number, value: JsonObject): string {
  if (isOneLine(text)) return JSON.stringify(value)
  const lines = JSON.stringify(value, null, indentOf(text)).split('\n')
  return lines.join(eolOf(text) + indentOf(text).repeat(depth))
}

function replaced(text: string, { offset, length }: Node, value: string): string {
  return text.slice(0, offset) + value + text.slice(offset + length)
}

/** Without this member of an object, and without what stands between it and its neighbour. */
function without(text: string, property: Node | undefined): string {
  const siblings = property?.parent?.children ?? []
  const at = property === undefined ? -1 : siblings.indexOf(property)
  const [before, own, next] = [siblings[at - 1], siblings[at], siblings[at + 1]]
  if (own === undefined) throw new Error('A member belongs to an object')
  if (siblings.length === 1 && own.parent !== undefined) return replaced(text, own.parent, '{}')
  const from = before === undefined ? own.offset : endOf(before)
  const to = before === undefined && next !== undefined ? next.offset : endOf(own)
  return text.slice(0, from) + text.slice(to)
}

type Added = { readonly name: string; readonly value: string }

/** With a member more: in order where names of dependencies are, else at the end, set off as its neighbour is. */
function withMember(text: string, object: Node, { name, value }: Added): string {
  const siblings = object.children ?? []
  const names = siblings.map((property) => String(property.children?.[0]?.value))
  const isSorted =
    object.parent !== undefined &&
    names.every((each, at) => at === 0 || (names[at - 1] ?? '') <= each)
  const next = siblings[isSorted ? names.findIndex((each) => each > name) : -1]
  const neighbour = next ?? siblings.at(-1)
  if (neighbour === undefined) {
    const depth = object.parent === undefined ? 0 : 1
    return replaced(text, object, objectOf(text, depth, { name, value }))
  }
  const member = `${JSON.stringify(name)}${colonOf(text, neighbour)}${value}`
  const [space = ''] = /\s*$/.exec(text.slice(0, neighbour.offset)) ?? []
  if (next !== undefined) {
    return `${text.slice(0, next.offset)}${member},${space}${text.slice(next.offset)}`
  }
  const end = endOf(neighbour)
  return `${text.slice(0, end)},${space}${member}${text.slice(end)}`
}

/** An object with this one member, set as the text is: on lines of its own, or in the one line that there is. */
function objectOf(text: string, depth: number, { name, value }: Added): string {
  if (isOneLine(text)) {
    const [, pad = '', colon = ': '] =
      /^\{( *)"(?:[^"\\]|\\.)*"(\s*:\s*)/.exec(text.trimStart()) ?? []
    return `{${pad}${JSON.stringify(name)}${colon}${value}${pad}}`
  }
  const [eol, indent] = [eolOf(text), indentOf(text)]
  const member = `${JSON.stringify(name)}: ${value}`
  return `{${eol}${indent.repeat(depth + 1)}${member}${eol}${indent.repeat(depth)}}`
}

/** Whether something is there already, and no line ends in it. */
function isOneLine(text: string): boolean {
  const object = text.trim()
  return !/[\r\n]/.test(object) && !/^\{\s*\}$/.test(object)
}

/** What stands between the name and the value of this member. */
function colonOf(text: string, { children: [name, value] = [] }: Node): string {
  return name === undefined || value === undefined ? ': ' : text.slice(endOf(name), value.offset)
}

function endOf({ offset, length }: Node): number {
  return offset + length
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

function indentOf(text: string): string {
  const [, indent = '  '] = /^\{\s*?\r?\n([ \t]+)"/.exec(text) ?? []
  return indent
}
