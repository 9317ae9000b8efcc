// Services in a thread of their own: the client's side, and the thread's.

export { type ServiceClient, type ServiceThread, startThread } from './client.ts'
export { type ThreadData } from './messages.ts'
export type { AnswerOutside } from './oracle-requests.ts'
export { type EarlyWorker, startEarlyWorker } from './start-worker.ts'
export type { ThreadEvent, ThreadOptions } from './thread.ts'
export { type OpenInThread, runThread } from './worker.ts'
