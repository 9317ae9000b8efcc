// Where a server listens: its port, and those of faces that have one of their own. Listening comes first: a port that is taken must not
// leave a log and keys behind. Requests wait for the apps.
import { mnpmSection } from '@stele/faces/mnpm'
import { type App, createPendingApp, type HttpEvent, type Listening, listen } from '@stele/http'
import type { Settings } from '../settings/load.ts'

/** What listens, and waits for its app. */
type Door = { readonly listening: Listening; readonly open: (app: App) => void }

/** All of it. */
export type Doors = {
  readonly main: Door
  /** mnpm's own, where it has one. */
  readonly mnpm: Door | undefined
  readonly connections: () => number
  readonly stop: Listening['stop']
}

/** Listens. Throws what listen() does, and then nothing listens. */
export async function openDoors(
  settings: Settings,
  report: (event: HttpEvent) => void,
): Promise<Doors> {
  const { port: mnpmPort } = settings.read(mnpmSection)
  const main = await openDoor(settings, settings.port, report)
  const mnpm =
    mnpmPort === null
      ? undefined
      : await openDoor(settings, mnpmPort, report).catch(async (error: unknown) => {
          await main.listening.stop(0)
          throw error
        })
  const all = mnpm === undefined ? [main.listening] : [main.listening, mnpm.listening]
  return {
    main,
    mnpm,
    connections: () => all.reduce((sum, { connections }) => sum + connections(), 0),
    stop: async (graceMs) => {
      await Promise.all(all.map((one) => one.stop(graceMs)))
    },
  }
}

async function openDoor(
  { host, trustedProxies }: Settings,
  port: number,
  report: (event: HttpEvent) => void,
): Promise<Door> {
  const { app, open } = createPendingApp()
  return { listening: await listen(app, { host, port, trustedProxies, report }), open }
}
