// What the operator asks of a running server: a small HTTP interface on a socket that only the data folder's owner can open.
import { rmSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { errorFromJson, isErrorCode, isSteleError, SteleError, toErrorBody } from '@stele/errors'
import { canonicalJson, isJsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { closeSocketFolder, openSocketFolder } from '@stele/storage/folder'
import type { Logger } from '../logger.ts'
import { type AdminAsk, parseAsk } from './admin-ask.ts'
import { adminFacts, doAdmin } from './admin-work.ts'
import type { Server } from './open-server.ts'

/** Bytes of a question: a signed change of the rules with a script in base64 is the largest. */
const maxAskBytes: number = 4 * 1024 * 1024

/** Answers on the socket until closed. */
export async function listenAdmin(
  server: Server,
  log: Logger,
): Promise<{ readonly close: () => Promise<void> }> {
  const { paths } = server
  const socket = paths.adminSocket
  openSocketFolder(paths)
  rmSync(socket, { force: true }) // The folder's lock is held: whoever left it is gone.
  const http = createServer((request, response) => {
    readBody(request)
      .then((text) => doLogged(server, parseAsk(text), log))
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
      server.service.stopRepairs() // What may take minutes can be asked for again.
      server.stopWaiting()
      await new Promise((resolve) => http.close(resolve))
      closeSocketFolder(paths)
    },
  }
}

async function doLogged(server: Server, ask: AdminAsk, log: Logger): Promise<JsonValue> {
  const value = await doAdmin(server, ask)
  const facts = adminFacts(ask)
  if (facts !== undefined) log('info', 'admin', facts)
  return value
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
