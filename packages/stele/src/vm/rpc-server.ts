// Services behind one port, each at a path of its own: NodeVMS's RPCServer.
import { SteleError } from '@stele/errors'
import { createAnswerRoom } from '@stele/faces/rpc'
import { type HttpEvent, type Listening, listen } from '@stele/http'
import { createMounts, parseMountPath } from '@stele/http/mounts'
import { isOnlyLocal } from '../server/announce.ts'
import { createServiceApp } from '../server/service-app.ts'
import { serverGraceMs } from './limits.ts'
import { deployedOf, portsOf, type VM } from './vm.ts'

/** How a server is made. */
export type RPCServerOptions = {
  /** The address to listen on: `localhost` when absent, so that only this machine reaches it. */
  readonly host?: string
  /** Callers are who they say they are. When absent, only where nobody but this machine reaches the server. */
  readonly debug?: boolean
  /** Hears what happens at the edge. */
  readonly report?: (event: HttpEvent) => void
}

/** Serves deployed VMs: their methods over WebSockets, their files and logs over HTTP. */
export class RPCServer {
  readonly #mounts = createMounts()
  readonly #room = createAnswerRoom()
  readonly #options: RPCServerOptions
  #opening: Promise<Listening> | undefined
  #listening: Listening | undefined

  constructor(options: RPCServerOptions = {}) {
    this.#options = options
  }

  /** The address without a slash at the end; undefined before `listen`. */
  get url(): string | undefined {
    if (this.#listening === undefined) return undefined
    const { url, port } = this.#listening
    return isOnlyLocal({ host: this.#host }) ? `http://localhost:${port}` : url
  }

  get port(): number | undefined {
    return this.#listening?.port
  }

  /** Serves the VM at this path. Throws `mount_taken`, `mount_invalid`, `vm_closed` for a VM that is not deployed. */
  mount(path: string, vm: VM): void {
    const mountPath = parseMountPath(path)
    const listensOnLoopback = isOnlyLocal({ host: this.#host })
    const { debug = listensOnLoopback, report = () => undefined } = this.#options
    const app = createServiceApp(deployedOf(vm).service, {
      title: vm.title,
      mountPath,
      isDebug: debug,
      listensOnLoopback,
      report,
      room: this.#room,
      services: portsOf(vm).services,
    })
    this.#mounts.mount(path, app)
  }

  /** True where a VM was there. */
  unmount(path: string): boolean {
    return this.#mounts.unmount(path)
  }

  /** Listens on this port; 0 takes any free one. Throws `address_taken`, `address_unusable`, `server_listening`. */
  async listen(port: number): Promise<void> {
    if (this.#opening !== undefined) throw new SteleError('server_listening', { port })
    const { report = () => undefined } = this.#options
    const opening = listen(this.#mounts.app, { host: this.#host, port, report })
    this.#opening = opening
    try {
      this.#listening = await opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  /** Takes no more calls, and ends when those that run are answered. The VMs stay. */
  async close(): Promise<void> {
    const listening = await this.#opening?.catch(() => undefined)
    await listening?.stop(serverGraceMs)
    if (this.#listening !== listening) return // Somebody else has closed it, and it listens again.
    this.#listening = undefined
    this.#opening = undefined
  }

  get #host(): string {
    return this.#options.host ?? 'localhost'
  }
}
