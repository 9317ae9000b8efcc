// Runs HTTP scripts: the wire contract as text, the same for an app in memory and for a server behind an address.
//
//   # A step is a request line, then request headers, then what is wanted. `{{name}}` is replaced by a variable.
//   PUT /left-pad
//   authorization Bearer {{token}}
//   send {"json": "the request body"}
//   status 201
//   header cache-control no-cache          the answer's header, whole; `~` before the value: a part; `absent`: none
//   json /dist-tags/latest "1.0.0"         a member (RFC 6901 pointer) as JSON; `absent`: none
//   text left-pad                          a part of the body
//   save rev json /_rev                    a variable for later steps, of the body or of a header
//
// `{{publish <name> <version>}}` is a publish document of a small package, `{{module <name> <version>}}` the same for mnpm.
import { request as httpRequest } from 'node:http'
import { moduleDocument, publishDocument } from './sample-package.ts'

/** What a script sends. */
type ScriptRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

/** What comes back. Header names in lower case. */
type ScriptResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** What answers: an app, or a server. */
export type ScriptTarget = (request: ScriptRequest) => Promise<ScriptResponse>

/** Runs a script to its end. Rejects at the first difference, with the line, what was wanted and what was found. */
export async function runHttpScript(
  script: { readonly name: string; readonly text: string },
  target: ScriptTarget,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const known = new Map(Object.entries(variables))
  for (const step of parseSteps(script.text)) {
    const lines = step.map(({ text, number }) => ({ number, text: fill(text, known) }))
    const response = await target(requestOf(lines.map((line) => line.text)))
    for (const { text, number } of lines) {
      const difference = checkLine(text, response, known)
      if (difference === undefined) continue
      const body = Buffer.from(response.body).toString().slice(0, 400)
      throw new Error(`${script.name}:${number}: "${text}": ${difference}; the body is ${body}`)
    }
  }
}

/** A target that asks a server over the network, without any decoding. `url` without a slash at the end. */
export function serverTarget(url: string): ScriptTarget {
  return ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(body.length) }
      const sent = httpRequest(`${url}${path}`, { method, headers: { ...headers, ...length } })
      sent.on('error', reject)
      sent.on('response', (response) => {
        const chunks: Uint8Array[] = []
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const received = Object.entries(response.headers).map(([name, value]) => [
            name,
            String(value),
          ])
          const status = response.statusCode ?? 0
          resolve({ status, headers: Object.fromEntries(received), body: Buffer.concat(chunks) })
        })
      })
      sent.end(body)
    })
}

type Line = { readonly text: string; readonly number: number }

const requestForm = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS) (\S+)$/
const checks = new Set(['status', 'header', 'json', 'text', 'save', 'send'])

function parseSteps(text: string): Line[][] {
  const steps: Line[][] = []
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    if (requestForm.test(trimmed.replaceAll(/\{\{[^}]*\}\}/g, 'x'))) steps.push([])
    const step = steps.at(-1)
    if (step === undefined) throw new Error(`Line ${index + 1} stands before the first request`)
    step.push({ text: trimmed, number: index + 1 })
  }
  return steps
}

function fill(text: string, known: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{\{([^}]+)\}\}/g, (_all, inner: string) => {
    const [word, name, version] = inner.split(' ')
    if (word === 'publish' && name !== undefined && version !== undefined) {
      return JSON.stringify(publishDocument(name, version))
    }
    if (word === 'module' && name !== undefined && version !== undefined) {
      return JSON.stringify(moduleDocument(name, version))
    }
    const value = known.get(inner)
    if (value === undefined) throw new Error(`There is no variable "${inner}"`)
    return value
  })
}

function requestOf(lines: readonly string[]): ScriptRequest {
  const [, method = '', path = ''] = requestForm.exec(lines[0] ?? '') ?? []
  const rest = lines.slice(1).map(splitWord)
  const sent = rest.find(([word]) => word === 'send')
  return {
    method,
    path,
    headers: Object.fromEntries(rest.filter(([word]) => !checks.has(word))),
    body: sent === undefined ? undefined : Buffer.from(sent[1]),
  }
}

/** What is wrong with the response by this line; undefined: nothing. */
function checkLine(
  line: string,
  response: ScriptResponse,
  known: Map<string, string>,
): string | undefined {
  const [check, rest] = splitWord(line)
  const [name, wanted] = splitWord(rest)
  switch (check) {
    case 'status':
      return Number(rest) === response.status ? undefined : `the status is ${response.status}`
    case 'header':
      return checkText(response.headers[name], wanted)
    case 'json': {
      const found = JSON.stringify(memberAt(response, name))
      const value = wanted === 'absent' ? undefined : JSON.stringify(JSON.parse(wanted))
      return found === value ? undefined : `it is ${found ?? 'absent'}`
    }
    case 'text':
      return Buffer.from(response.body).includes(rest) ? undefined : 'it is not in the body'
    case 'save': {
      const [source, from] = splitWord(wanted)
      const found = source === 'header' ? response.headers[from] : memberAt(response, from)
      if (typeof found !== 'string' && typeof found !== 'number') return 'there is none to save'
      known.set(name, String(found))
      return undefined
    }
    default:
      return undefined
  }
}

function checkText(found: string | undefined, wanted: string): string | undefined {
  const isRight =
    wanted === 'absent'
      ? found === undefined
      : wanted.startsWith('~ ')
        ? found?.includes(wanted.slice(2)) === true
        : found === wanted
  return isRight ? undefined : `it is ${found ?? 'absent'}`
}

function memberAt({ body }: ScriptResponse, pointer: string): unknown {
  let value: unknown = JSON.parse(Buffer.from(body).toString())
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

function splitWord(text: string): [word: string, rest: string] {
  const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? []
  return [word, rest]
}
