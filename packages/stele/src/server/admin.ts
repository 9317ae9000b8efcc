// What the operator asks of a running server: a small HTTP interface on a socket that only the data folder's owner can open.
import { rmSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Accounts } from '@stele/accounts'
import type { WithheldPart } from '@stele/entries'
import { errorFromJson, isErrorCode, isSteleError, SteleError, toErrorBody } from '@stele/errors'
import { canonicalJson, isJsonObject, type JsonValue, parseJson } from '@stele/formats'
import { closeSocketFolder, openSocketFolder } from '@stele/storage'
import type { Server } from './open-server.ts'

/** What can be asked. */
export type AdminAsk =
  | {
      readonly do: 'add_user'
      readonly account: string
      readonly email?: string
      readonly password?: string
    }
  | { readonly do: 'remove_user'; readonly account: string }
  | { readonly do: 'list_users' }
  | { readonly do: 'reserve' | 'release'; readonly pattern: string; readonly account?: string }
  | {
      readonly do: 'take_down'
      readonly withhold: readonly WithheldPart[]
      readonly reason: string
    }
  | { readonly do: 'read_rules' }
  | {
      readonly do: 'apply_rules'
      readonly body: string
      readonly blobs: { readonly [name: string]: string }
    }

/** Bytes of a question: a signed change of the rules with a script in base64 is the largest. */
const maxAskBytes: number = 4 * 1024 * 1024

/** Does what is asked, on a server of this process. */
export async function doAdmin(server: Server, ask: AdminAsk): Promise<JsonValue> {
  switch (ask.do) {
    case 'add_user': {
      const { do: _do, ...wish } = ask
      return addUser(server, wish)
    }
    case 'remove_user':
      server.accounts.removeUser(ask.account)
      return { account: ask.account }
    case 'list_users':
      return server.accounts.listUsers().map((user) => ({ ...user }))
    case 'reserve':
    case 'release':
      return changeReservation(server, ask)
    case 'take_down':
      return server.service.takeDown(ask.withhold, ask.reason)
    case 'read_rules':
      return toJson(await server.service.readRules())
    case 'apply_rules':
      return server.service.applyRules({ body: ask.body, blobs: ask.blobs })
  }
}

/** Plain data, with the types that it has as JSON. */
function toJson(data: object): JsonValue {
  return parseJson(canonicalJson(data), 'the answer')
}

/** Credentials first, then the log; where the log refuses, the credentials go again. */
async function addUser(
  server: Server,
  wish: Parameters<Accounts['addUser']>[0],
): Promise<JsonValue> {
  const added = await server.accounts.addUser(wish)
  try {
    await server.registry.join(added.account)
  } catch (error) {
    server.accounts.removeUser(added.account)
    throw error
  }
  return { ...added }
}

/** A change of reservations in the operator's name. */
async function changeReservation(
  { registry, operator }: Server,
  { do: method, ...request }: Extract<AdminAsk, { do: 'reserve' | 'release' }>,
): Promise<JsonValue> {
  const { entry } = await registry[method](operator, request)
  return { ...request, entry }
}

/** Answers on the socket until closed. */
export async function listenAdmin(
  server: Server,
): Promise<{ readonly close: () => Promise<void> }> {
  const { paths } = server
  const socket = paths.adminSocket
  openSocketFolder(paths)
  rmSync(socket, { force: true }) // The folder's lock is held: whoever left it is gone.
  const http = createServer((request, response) => {
    readBody(request)
      .then((text) => doAdmin(server, parseAsk(text)))
      .then(
        (value) => response.writeHead(200).end(canonicalJson(value)),
        (error: unknown) => {
          const known = isSteleError(error)
          const body = known ? toErrorBody(error) : { error: String(error), code: 'internal' }
          response.writeHead(known ? error.status : 500).end(JSON.stringify(body))
        },
      )
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(socket, resolve)
  })
  return {
    close: async () => {
      await new Promise((resolve) => http.close(resolve))
      closeSocketFolder(paths)
    },
  }
}

/** Asks a running server; undefined when none listens. Throws what it refuses. */
export async function askAdmin(socket: string, ask: AdminAsk): Promise<JsonValue | undefined> {
  const answer = await post(socket, JSON.stringify(ask))
  if (answer === undefined) return undefined
  const value = parseJson(answer.text, 'the answer of the server')
  if (answer.status === 200) return value
  throw (
    refusalOf(value) ??
    new SteleError('server_refused', { url: socket, status: answer.status, message: answer.text })
  )
}

/** The error of the catalogue that the server's answer is, if it is one. */
function refusalOf(value: JsonValue): SteleError | undefined {
  if (!isJsonObject(value) || typeof value['code'] !== 'string') return undefined
  const { code, details } = { code: value['code'], details: value['details'] }
  if (!isErrorCode(code) || !isJsonObject(details)) return undefined
  return errorFromJson(code, details)
}

function post(
  socketPath: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method: 'POST', path: '/' }, (response) => {
      readBody(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject)
    })
    request.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(error)
    })
    request.end(body)
  })
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > maxAskBytes) throw new SteleError('body_too_large', { limitBytes: maxAskBytes })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseAsk(text: string): AdminAsk {
  const value = parseJson(text, 'the request')
  if (isJsonObject(value) && typeof value['do'] === 'string') {
    const account = value['account']
    switch (value['do']) {
      case 'add_user':
        if (typeof account !== 'string') break
        return { do: 'add_user', account, ...texts(value, ['email', 'password']) }
      case 'remove_user':
        if (typeof account !== 'string') break
        return { do: 'remove_user', account }
      case 'list_users':
        return { do: 'list_users' }
      case 'reserve':
      case 'release':
        if (typeof value['pattern'] !== 'string') break
        return { do: value['do'], pattern: value['pattern'], ...texts(value, ['account']) }
      case 'take_down':
        return { do: 'take_down', ...parseTakedown(value) }
      case 'read_rules':
        return { do: 'read_rules' }
      case 'apply_rules': {
        const { body, blobs } = { body: value['body'], blobs: value['blobs'] }
        if (typeof body !== 'string' || !isJsonObject(blobs)) break
        return { do: 'apply_rules', body, blobs: texts(blobs, Object.keys(blobs)) }
      }
    }
  }
  throw new SteleError('request_invalid', { what: 'the request', reason: 'it asks nothing known' })
}

function parseTakedown(value: { readonly [name: string]: JsonValue }): {
  withhold: WithheldPart[]
  reason: string
} {
  const { withhold, reason } = { withhold: value['withhold'], reason: value['reason'] }
  if (!Array.isArray(withhold) || typeof reason !== 'string') {
    const details = {
      what: 'the takedown',
      reason: 'it needs a list "withhold" and a text "reason"',
    }
    throw new SteleError('request_invalid', details)
  }
  return { withhold: withhold.map(parsePart), reason }
}

function parsePart(value: JsonValue): WithheldPart {
  if (isJsonObject(value)) {
    const { entry, part, blob } = {
      entry: value['entry'],
      part: value['part'],
      blob: value['blob'],
    }
    if (typeof blob === 'string') return { blob }
    if (typeof entry === 'number' && (part === 'body' || part === 'effects' || part === 'values')) {
      return { entry, part }
    }
  }
  const details = {
    what: 'the takedown',
    reason: 'a part is neither an entry with a part nor a blob',
  }
  throw new SteleError('request_invalid', details)
}

function texts(
  value: { readonly [name: string]: JsonValue },
  names: readonly string[],
): { readonly [name: string]: string } {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = value[name]
      return typeof found === 'string' ? [[name, found]] : []
    }),
  )
}
