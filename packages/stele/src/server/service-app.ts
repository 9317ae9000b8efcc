// What a service answers on the network: calls, files, the log.
import { settingsInForce } from '@stele/entries/calls'
import { lastSignedSeq } from '@stele/entries/transition'
import { logFace } from '@stele/faces/log'
import { type AnswerRoom, rpcFace } from '@stele/faces/rpc'
import { vmFace } from '@stele/faces/vm'
import { type App, createApp, type HttpEvent } from '@stele/http'
import type { RunningService } from './run-service.ts'

/** A service that is shown beside another, such as one that it has made. */
export type ShownService = {
  /** Below the other's address; empty where nobody serves it. */
  readonly path: string
  readonly title: string
}

/** How a service is shown. */
export type ShowOptions = {
  readonly title: string
  /** As `parseMountPath` gives it. */
  readonly mountPath: string
  /** Callers are who they say they are. */
  readonly isDebug: boolean
  /** Only this machine can reach the server. */
  readonly listensOnLoopback: boolean
  readonly report: (event: HttpEvent) => void
  /** Those that it has made. */
  readonly services?: (() => readonly ShownService[]) | undefined
  /** Of the server that it is shown by. */
  readonly room: AnswerRoom
}

/** The faces of the service. */
export function createServiceApp(
  { client, reads, submit, log, identity }: RunningService,
  { title, mountPath, isDebug, listensOnLoopback, report, room, services }: ShowOptions,
): App {
  const { offers, prove } = client
  const reportBug = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    report({ type: 'bug', id: '', method: 'call', path: mountPath, stack })
  }
  const faces = [
    rpcFace.open(
      {
        submit,
        offers,
        origin: identity.origin,
        lastSeq: (account) => lastSignedSeq(reads.log, account),
        nowMs: Date.now,
        isDebug,
        room,
        reportBug,
      },
      {},
    ),
    vmFace.open(
      {
        title,
        origin: identity.origin,
        files: reads.log,
        treeSize: log.treeSize,
        script: () => settingsInForce(reads.log).script,
        entry: reads.log.shortEntry,
        methods: async () => (await offers()).methods,
        services: services ?? (() => []),
        writesRefused: client.writesRefused,
        // Its name is the folder that it lies in, which is nobody's business.
        notAnswering: async () =>
          (await client.notAnswering()) === undefined ? undefined : 'The service does not answer',
      },
      {},
    ),
    logFace.open({ log, prove, isPublic: false }, {}),
  ]
  const settings = { mountPath, trustedProxies: [], listensOnLoopback, kind: 'service' } as const
  return createApp({ faces, settings, now: Date.now, report, version: reads.version })
}
