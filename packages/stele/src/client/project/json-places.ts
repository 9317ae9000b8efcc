// Where in a JSON file something stands: loaded only when there is something to complain about.
import { type AnyNode, parse } from '@humanwhocodes/momoa'
import { type DetailsOf, SteleError } from '@stele/errors'
import { readProjectFile } from './project-file.ts'

/** A place in a text, both counted from 1. */
export type Place = { readonly line: number; readonly column: number }

/** The error, saying where in the file the JSON is broken, or the member stands that is wrong; as it is where neither is known. */
export function withPlace(
  error: SteleError<'manifest_unreadable'>,
): SteleError<'manifest_unreadable'> {
  const { path, members } = error.details
  const text = readText(path) ?? '{}'
  const place = members && placeIn(text, members)
  if (place !== undefined) {
    return new SteleError('manifest_unreadable', { ...error.details, ...place }, { cause: error })
  }
  const problem = problemIn(text)
  if (problem === undefined) return error
  const details: DetailsOf['manifest_unreadable'] = { path, ...problem }
  return new SteleError('manifest_unreadable', details, { cause: error })
}

function readText(path: string): string | undefined {
  try {
    return readProjectFile(path).replace(/^\uFEFF/, '')
  } catch {
    return undefined
  }
}

const maxExcerpt = 60

/** What is wrong with the JSON, with the line where it is; undefined where nothing is. */
export function problemIn(text: string): (Place & { readonly reason: string }) | undefined {
  try {
    parse(text, { mode: 'json' })
    return undefined
  } catch (error) {
    const { line, column } = isCutOff(text) ? endOf(text) : placeOfError(error, text)
    const lines = text.split(/\r\n|\n|\r/)
    const before = [...lines.slice(0, line - 1), lines[line - 1]?.slice(0, column - 1)].join('\n')
    const excerpt = (lines[line - 1] ?? '').trim().slice(0, maxExcerpt)
    const what = reasonAt(before, lines[line - 1]?.slice(column - 1) ?? '')
    return { line, column, reason: `${what}${excerpt === '' ? '' : `, in: ${excerpt}`}` }
  }
}

function placeOfError(error: unknown, text: string): Place {
  const line: unknown = error instanceof Error ? Reflect.get(error, 'line') : undefined
  const column: unknown = error instanceof Error ? Reflect.get(error, 'column') : undefined
  if (typeof line === 'number' && typeof column === 'number') return { line, column }
  return endOf(text)
}

/** Whether nothing is wrong with what is there, and something is missing at the end. */
function isCutOff(text: string): boolean {
  const whole = text.trimEnd()
  try {
    JSON.parse(whole)
  } catch (error) {
    const [, position] = / at position (\d+)/.exec(String(error)) ?? []
    return position === undefined
      ? /Unexpected end/.test(String(error))
      : Number(position) >= whole.length
  }
  return false
}

function endOf(text: string): Place {
  const lines = text.trimEnd().split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

function reasonAt(before: string, rest: string): string {
  const found = rest.trim().slice(0, 1)
  const last = before.trim().slice(-1)
  if (found === '') return 'the file ends too early'
  if (rest.startsWith('<<<<<<<')) return 'a merge left both sides here: choose between them'
  if (last === ',' && (found === '}' || found === ']')) return `remove the comma before "${found}"`
  if (found === '/') return 'JSON has no comments'
  if (found === '"' && last !== ',' && last !== '{' && last !== ':') return 'a comma is missing'
  if (found === "'") return 'texts stand in double quotes'
  return `"${found}" is not expected here`
}

/** Where the value stands that these members lead to; undefined where there is none. */
export function placeIn(text: string, members: readonly string[]): Place | undefined {
  try {
    let node: AnyNode | undefined = parse(text, { mode: 'json' }).body
    for (const name of members) {
      if (node?.type !== 'Object') return undefined
      node = node.members.find(
        (member) => (member.name.type === 'String' ? member.name.value : '') === name,
      )?.value
    }
    return node && { line: node.loc.start.line, column: node.loc.start.column }
  } catch {
    return undefined
  }
}
