// A port that nobody listens on: for programs that cannot say which one they took.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of 127.0.0.1 that was free just now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port')
  return address.port
}
