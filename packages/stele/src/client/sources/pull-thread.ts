// A thread that fetches tarballs and unpacks them.
import type { MessagePort } from 'node:worker_threads'
import { errorToText } from '@stele/errors'
import { openPlainHttp, openRegistries, type Registries, readConfig } from '@stele/fetch'
import { createUnpack } from '@stele/install'
import type { PulledMessage, PullThreadData } from './pull.ts'
import { createPuller, type Job, type Pulled } from './puller.ts'

/** Pulls what it is sent, until its process ends it. */
export function runPull(
  port: MessagePort,
  { root, claims, atOnce, transport }: PullThreadData,
): void {
  let registries: Registries | undefined
  const news: PulledMessage[] = []
  const tell = (): void => port.postMessage(news.splice(0))
  const puller = createPuller({
    claims,
    atOnce,
    http: openPlainHttp(atOnce, transport),
    unpack: createUnpack(),
    fetchTarball: ({ url }) => {
      registries ??= openRegistries(readConfig(root))
      return registries.bytes(url)
    },
    report: (pulled) => {
      if (news.length === 0) setImmediate(tell)
      news.push(messageOf(pulled))
    },
  })
  puller.start()
  port.on('message', (jobs: readonly Job[]) => puller.add(jobs))
}

function messageOf({ index, integrity, size = 0, error }: Pulled): PulledMessage {
  return integrity === undefined ? { index, error: errorToText(error) } : { index, integrity, size }
}
