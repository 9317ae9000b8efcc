// Requests that node:http could not parse: they never reach the app.
import type { Socket } from 'node:net'

/** Answers in JSON as all else, and closes. `code` is node's. */
export function refuseBroken(socket: Socket, code: string | undefined): void {
  if (!socket.writable || code === 'ECONNRESET') {
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

const brokenRequests: ReadonlyMap<string, readonly [status: string, reason: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'its headers are too large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'it took too long']],
])
