// What is under way for one connection: how much of it is read, when it ends, and what its answers hold.
import type { WebSocket } from 'ws'
import { maxCallsBytes, maxCallsWaiting, maxUnreadBytes } from '../limits.ts'
import type { AnswerRoom } from './answer-room.ts'

/** The work for one connection. */
export type Flow = {
  /** Counts a message of so many characters and requests until its answer, if there is one, is sent. */
  readonly count: (
    message: { readonly size: number; readonly requests: number },
    work: () => Promise<string | undefined>,
  ) => Promise<void>
  /** Reads no more, and closes the connection when all that was read is answered. */
  readonly end: () => void
  readonly isEnding: () => boolean
}

const goingAway = 1001

/** Nothing is under way yet. */
export function createFlow(socket: WebSocket, room: AnswerRoom): Flow {
  let calls = 0
  let bytes = 0
  let isEnding = false
  const held = room.open(() => socket.terminate())
  socket.once('close', held.end)
  const look = (): void => {
    if (isEnding && calls === 0) socket.close(goingAway, 'The server stops')
    const isFull = calls >= maxCallsWaiting || bytes >= maxCallsBytes
    if (isFull || socket.bufferedAmount > maxUnreadBytes) socket.pause()
    else if (socket.isPaused) socket.resume()
  }
  const send = (answer: string): void => {
    if (socket.readyState !== socket.OPEN) return
    const sent = Buffer.from(answer)
    const release = held.hold(sent.length)
    socket.send(sent, { binary: false }, () => {
      release()
      look()
    })
  }
  return {
    count: async ({ size, requests }, work) => {
      calls += requests
      bytes += size
      look()
      try {
        const answer = await work()
        if (answer !== undefined) send(answer)
      } finally {
        calls -= requests
        bytes -= size
        look()
      }
    },
    end: () => {
      isEnding = true
      look()
    },
    isEnding: () => isEnding,
  }
}
