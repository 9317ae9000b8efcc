// A form as browsers and curl send it: multipart/form-data (RFC 7578). Its parts are views of the body, so that an archive is held once.
import { SteleError } from '@stele/errors'
import { maxFormHeadBytes, maxFormParts } from '../limits.ts'

/** A field of a form. `file` is the name of its file; undefined of a text. */
export type FormPart = {
  readonly name: string
  readonly file: string | undefined
  readonly content: Uint8Array
}

/** The fields in their order. Throws request_invalid. */
export function parseForm(bytes: Uint8Array, contentType: string): readonly FormPart[] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw invalid('it names no boundary')
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const parts: FormPart[] = []
  const first = delimiter.subarray(2)
  let at = body.subarray(0, first.length).equals(first) ? first.length : undefined
  while (at !== undefined) {
    const isLast = body.toString('latin1', at, at + 2) === '--'
    if (isLast) return parts
    if (parts.length >= maxFormParts) throw invalid(`it has more than ${maxFormParts} fields`)
    const head = headAt(body, at)
    const end = body.indexOf(delimiter, head.end)
    if (end < 0) break
    parts.push({ ...dispositionIn(head.text), content: body.subarray(head.end, end) })
    at = end + delimiter.length
  }
  throw invalid('it does not begin or end with its boundary')
}

/** The headers of a part, behind the line of its boundary, and where they end. */
function headAt(body: Buffer, at: number): { readonly text: string; readonly end: number } {
  const text = body.toString('utf8', at, at + maxFormHeadBytes)
  const [line, headers] = /^[ \t]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(text) ?? []
  if (line === undefined || headers === undefined) throw invalid('a field has no sound headers')
  return { text: headers, end: at + Buffer.byteLength(line) }
}

function dispositionIn(headers: string): Pick<FormPart, 'name' | 'file'> {
  const [, parameters = ''] = /^content-disposition:\s*form-data\s*(;.*)$/im.exec(headers) ?? []
  const name = parameterIn(parameters, 'name')
  if (name === undefined) throw invalid('a field has no name')
  const file = parameterIn(parameters, 'filename') ?? extended(parameters)
  return { name, file }
}

/** As some send a name beyond ASCII: `filename*=utf-8''gr%C3%B6%C3%9Fe.zip` (RFC 5987). */
function extended(parameters: string): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(parameterIn(parameters, 'filename\\*') ?? '') ?? []
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

/** As browsers escape it (`%22`), and as curl did (`\"`). */
function parameterIn(parameters: string, name: string): string | undefined {
  const form = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i')
  const [, quoted, plain] = form.exec(parameters) ?? []
  return quoted?.replaceAll(/\\(["\\])/g, '$1').replaceAll('%22', '"') ?? plain
}

function invalid(reason: string): SteleError {
  return new SteleError('request_invalid', { what: 'the form', reason })
}
