// Several apps behind one port, each below a path of its own.
import { SteleError } from '@stele/errors'
import { toReply } from './error-reply.ts'
import type { App, Incoming } from './exchange.ts'
import { finish } from './finish.ts'

/** Apps by the path below which they lie. */
export type Mounts = {
  readonly app: App
  /** The app's settings must say the same path. Throws `mount_taken`, `mount_invalid`. */
  readonly mount: (path: string, app: App) => void
  /** True where there was one. Requests that it has taken are still answered. */
  readonly unmount: (path: string) => boolean
}

/** No app yet: everything is answered with 503. The longest path that fits a request has it. */
export function createMounts(): Mounts {
  const apps = new Map<string, App>()
  let maxDepth = 0
  const find = ({ url }: Pick<Incoming, 'url'>): App | undefined => {
    const [, path = ''] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(url) ?? []
    // No deeper than anything is mounted: a stranger's path may have thousands of slashes.
    const parts = path.split('/', maxDepth + 1)
    for (let count = parts.length; count > 0; count--) {
      const found = apps.get(parts.slice(0, count).join('/'))
      if (found !== undefined) return found
    }
    return undefined
  }
  const refuse: App = (incoming) => {
    const { method, url } = incoming
    const asked = { method, path: url.replace(/\?.*$/s, '') }
    const error =
      apps.size === 0
        ? new SteleError('nothing_served', asked)
        : new SteleError('route_not_found', { ...asked, kind: 'server' })
    return finish(incoming, toReply(error, String))
  }
  const app = (incoming: Incoming): ReturnType<App> => (find(incoming) ?? refuse)(incoming)
  const upgrades: App['upgrades'] = {
    has: (incoming) => find(incoming)?.upgrades?.has(incoming) === true,
    open: async (incoming) => {
      const found = find(incoming) ?? refuse
      return found.upgrades === undefined ? found(incoming) : found.upgrades.open(incoming)
    },
  }
  return {
    app: Object.assign(app, { upgrades }),
    mount: (path, mounted) => {
      const place = parseMountPath(path)
      if (apps.has(place)) throw new SteleError('mount_taken', { path })
      apps.set(place, mounted)
      maxDepth = Math.max(maxDepth, place.split('/').length)
    },
    unmount: (path) => apps.delete(parseMountPath(path)),
  }
}

/** `/`, `list`, `/list/`: without slashes at the end, with one in front, the root being nothing. Throws `mount_invalid`. */
export function parseMountPath(path: string): string {
  const bare = path.replace(/^\/+|\/+$/g, '')
  const segments = bare === '' ? [] : bare.split('/')
  // `-` is where each service shows its log and its files.
  const isPlain = segments.every((one) => /^[\w.~-]+$/.test(one) && !/^(?:-|\.\.?)$/.test(one))
  if (!isPlain) throw new SteleError('mount_invalid', { path: path.slice(0, 200) })
  return segments.map((one) => `/${one}`).join('')
}
