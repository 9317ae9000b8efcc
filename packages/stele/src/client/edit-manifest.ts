// Changes of a package.json as a person would make them: nothing else of its text becomes different.
import type { JSONPath, ModificationOptions } from 'jsonc-parser'

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

/** The members of package.json, by how they are told apart on the command line. */
export const members: readonly Member[] = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
]

/** The text with these changes. Indent, line ends and the order of members stay; a member that is empty then goes too. */
export async function editManifest(text: string, edits: readonly ManifestEdit[]): Promise<string> {
  const { applyEdits, modify, parse } = await import('jsonc-parser')
  const start = text.startsWith('\uFEFF') ? 1 : 0
  let edited = text.slice(start)
  const set = (path: JSONPath, value: unknown): void => {
    const [member = '', name] = path
    const names = Object.keys(parse(edited)[member] ?? {})
    const options = optionsFor(edited, typeof name === 'string' ? placeIn(names, name) : undefined)
    edited = applyEdits(edited, modify(edited, path, value, options))
  }
  for (const { member, name, specifier } of edits) {
    const before = parse(edited)[member]
    if (specifier === undefined && before?.[name] === undefined) continue
    if (specifier === undefined && Object.keys(before).length === 1) set([member], undefined)
    else if (before === undefined) set([member], { [name]: specifier })
    else set([member, name], specifier)
  }
  return text.slice(0, start) + edited
}

/** Where the name belongs: in order where the others are, else at the end. */
function placeIn(names: readonly string[], name: string): number {
  const isSorted = names.every((each, at) => at === 0 || (names[at - 1] ?? '') <= each)
  const next = names.findIndex((each) => each > name)
  return isSorted && next !== -1 ? next : names.length
}

function optionsFor(text: string, place: number | undefined): ModificationOptions {
  const [, indent = '  '] = /^\{\s*?\r?\n([ \t]+)"/.exec(text) ?? []
  const formattingOptions = {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: /\r\n/.test(text) ? '\r\n' : '\n',
  }
  return {
    formattingOptions,
    ...(place === undefined ? {} : { getInsertionIndex: () => place }),
  }
}
