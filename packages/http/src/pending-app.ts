// An app that is not there yet: a server listens before it has opened what it serves.
import type { App } from './exchange.ts'

/** Requests wait until `open` gives the app; other protocols are not offered before. */
export function createPendingApp(): { readonly app: App; readonly open: (app: App) => void } {
  const ready = Promise.withResolvers<App>()
  let opened: App | undefined
  const upgrades: App['upgrades'] = {
    has: (incoming) => opened?.upgrades?.has(incoming) === true,
    open: async (incoming) => {
      const app = await ready.promise
      return app.upgrades === undefined ? app(incoming) : app.upgrades.open(incoming)
    },
  }
  return {
    app: Object.assign(async (incoming: Parameters<App>[0]) => (await ready.promise)(incoming), {
      upgrades,
    }),
    open: (app) => {
      opened = app
      ready.resolve(app)
    },
  }
}
