// A client of a service for programs: NodeVMS's RPCClient.
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { Identity } from './identity.ts'
import { connectRpc, type RpcConnection, wsAddress } from './rpc-client.ts'

/** Calls a method of the service. */
type RemoteMethod = (...args: readonly JsonValue[]) => Promise<JsonValue>

/**
 * A connection to a service. Once connected it has a function for each of the service's methods, but for those that are called
 * as its own members are, or `then`: `call` reaches all.
 */
export class RPCClient {
  #connection: RpcConnection | undefined
  #url = ''
  readonly [method: string]: unknown

  /** The address that it is connected to. */
  get url(): string {
    return this.#url
  }

  /** What the service says of itself; undefined before `connect`. */
  get backendInfo(): RpcConnection['info'] | undefined {
    return this.#connection?.info
  }

  /**
   * Connects to a service, such as `localhost:5555` or `wss://example.com/list`; `user` is who calls, where the service takes
   * names for granted, and `identity` signs every call, one after the other: see `loadIdentity`. Throws `server_unreachable`,
   * `identity_refused`, `usage_wrong` for what is no address.
   */
  async connect(
    url: string,
    { user, identity }: { readonly user?: string; readonly identity?: Identity } = {},
  ): Promise<void> {
    this.close()
    const address = wsAddress(url, user)
    const connection = await connectRpc(address, identity)
    this.#connection = connection
    this.#url = address.href
    for (const method of connection.info.methods) {
      if (method in this && !Object.hasOwn(this, method)) continue
      if (method === 'then') continue // Else whoever awaits the client calls it.
      const value: RemoteMethod = (...args) => this.call(method, ...args)
      Object.defineProperty(this, method, { value, enumerable: true, configurable: true })
    }
  }

  /** Calls a method. Throws RpcFailure with what the service answers instead of a result, `server_unreachable`. */
  async call(method: string, ...args: readonly JsonValue[]): Promise<JsonValue> {
    if (this.#connection === undefined) throw new SteleError('rpc_not_connected', { method })
    return this.#connection.call(method, args)
  }

  /** Ends the connection: calls that are not answered yet are rejected. */
  close(): void {
    for (const method of this.#connection?.info.methods ?? []) {
      if (Object.hasOwn(this, method)) Reflect.deleteProperty(this, method)
    }
    this.#connection?.close()
    this.#connection = undefined
  }
}
