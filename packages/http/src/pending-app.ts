// An app that is not there yet: a server listens before it has opened what it serves.
import type { App } from './ask.ts'

/** Requests wait until `open` gives the app; other protocols are not offered before. */
export function createPendingApp(): { readonly app: App; readonly open: (app: App) => void } {
  const ready = Promise.withResolvers<App>()
  let opened: App | undefined
  const upgrades: App['upgrades'] = {
    has: (ask) => opened?.upgrades?.has(ask) === true,
    open: async (ask) => {
      const app = await ready.promise
      return app.upgrades === undefined ? app(ask) : app.upgrades.open(ask)
    },
  }
  return {
    app: Object.assign(async (ask: Parameters<App>[0]) => (await ready.promise)(ask), { upgrades }),
    open: (app) => {
      opened = app
      ready.resolve(app)
    },
  }
}
