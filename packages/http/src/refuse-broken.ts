// Requests that node:http could not parse: they never reach the app.
import type { Socket } from 'node:net'
import type { Exchange } from './turns.ts'

/** Answers in JSON as all else, and closes. `code` is node's; `running` is the request that runs on the connection. */
export function refuseBroken(
  socket: Socket,
  code: string | undefined,
  running: Exchange | undefined,
): void {
  if (!socket.writable || code === 'ECONNRESET' || isOfAnother(running)) {
    socket.destroy()
    return
  }
  const [status, reason] = brokenRequests.get(code ?? '') ?? ['400 Bad Request', 'it is no HTTP']
  const body = JSON.stringify({
    error: `Cannot read the request: ${reason}`,
    code: 'request_invalid',
  })
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/** Whether an answer now would be taken for that of the running request, or stand in the middle of it. */
function isOfAnother(running: Exchange | undefined): boolean {
  return running !== undefined && (running.request.complete || running.response.headersSent)
}

const brokenRequests: ReadonlyMap<string, readonly [status: string, reason: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'its headers are too large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'it took too long']],
])
