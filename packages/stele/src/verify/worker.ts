// The thread of a verification: scripts need a native stack that only a thread of its own can have.
import type { MessagePort } from 'node:worker_threads'
import { type ReplayExecutor, type VerifyPorts, verifyRegistry } from '@stele/audit'
import { errorToText } from '@stele/errors'
import { loadEngine } from '@stele/host'
import { checkRelease, compareServed, createHistory } from '@stele/releases'
import { createFetch } from './fetch.ts'
import type { VerifyData, VerifyNews } from './messages.ts'

/** A message costs as much as replaying a small entry. */
const tellEveryMs = 50

/** Verifies a registry, and tells of it. */
export async function runVerify(port: MessagePort, data: VerifyData): Promise<void> {
  const say = (news: VerifyNews): void => port.postMessage(news)
  let toldMs = 0
  const progress: VerifyPorts['progress'] = (event) => {
    const nowMs = performance.now()
    if (nowMs - toldMs < tellEveryMs) return
    toldMs = nowMs
    say({ say: 'progress', event })
  }
  try {
    say({ say: 'report', report: await verifyRegistry(createPorts(data.url, progress), data) })
  } catch (error) {
    say({ say: 'failure', error: errorToText(error) })
  }
}

function createPorts(url: string, progress: VerifyPorts['progress']): VerifyPorts {
  const history = createHistory()
  return {
    fetch: createFetch(url),
    createExecutor: openExecutor,
    replayed: history.add,
    checkRelease: ({ tarball, ...expected }) => checkRelease(tarball, expected),
    compareServed: (question) => compareServed({ ...question, history }),
    progress,
    nowMs: () => performance.now() + performance.timeOrigin,
  }
}

function openExecutor({
  script,
  engine,
  limits,
  blobs,
}: Parameters<VerifyPorts['createExecutor']>[0]): ReplayExecutor {
  const settings = { script: Buffer.from(script).toString(), limits }
  const executor = loadEngine(engine, blobs).createExecutor(settings, {
    print: () => undefined,
    blobs,
  })
  const { memory } = executor
  return memory === undefined ? executor : { ...executor, memoryDigest: memory.digest }
}
