// A client of a service for programs: NodeVMS's RPCClient.
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { Identity } from '../rpc/identity.ts'
import { connectRpc, type RpcConnection } from '../rpc/rpc-client.ts'
import { wsAddress } from '../sources/service-address.ts'

/** A connection to a service. */
type Client = {
  /** The address that it is connected to. */
  readonly url: string
  /** What the service says of itself; undefined before `connect`. */
  readonly backendInfo: RpcConnection['info'] | undefined
  /**
   * Connects to a service, such as `localhost:5555` or `wss://example.com/list`; `user` is who calls, where the service takes
   * names for granted, and `identity` signs every call, one after the other: see `loadIdentity`. Throws `server_unreachable`,
   * `debug_only`, `identity_refused`, and `usage_wrong` where the address is not one of a service.
   */
  connect(
    url: string,
    options?: { readonly user?: string; readonly identity?: Identity },
  ): Promise<void>
  /** Calls a method. Throws ScriptError with what the script threw, RpcFailure with what the service said instead, `server_unreachable`. */
  call(method: string, ...args: readonly JsonValue[]): Promise<JsonValue>
  /** Ends the connection: calls that are not answered yet are rejected. */
  close(): void
}

/** Methods of a service that nobody has described. */
type AnyMethods = {
  readonly [method: string]: (...args: readonly JsonValue[]) => Promise<JsonValue>
}

/**
 * A connection to a service, with a function for each of its methods once it is connected, but for those that are called as its
 * own members are, or `then`: `call` reaches all. `Methods` says which there are: `new RPCClient<{ next: () => Promise<number> }>()`.
 */
export type RPCClient<Methods extends object = AnyMethods> = Client & Methods

class ServiceClient implements Client {
  #connection: RpcConnection | undefined
  #url = ''

  get url(): string {
    return this.#url
  }

  get backendInfo(): RpcConnection['info'] | undefined {
    return this.#connection?.info
  }

  async connect(
    url: string,
    { user, identity }: { readonly user?: string; readonly identity?: Identity } = {},
  ): Promise<void> {
    this.close()
    const address = wsAddress(url, { user })
    const connection = await connectRpc(address, identity)
    this.#connection = connection
    this.#url = address.href
    for (const method of connection.info.methods) {
      if (method in this && !Object.hasOwn(this, method)) continue
      if (method === 'then') continue // Else whoever awaits the client calls it.
      const value: AnyMethods[string] = (...args) => this.call(method, ...args)
      Object.defineProperty(this, method, { value, enumerable: true, configurable: true })
    }
  }

  async call(method: string, ...args: readonly JsonValue[]): Promise<JsonValue> {
    if (this.#connection === undefined) throw new SteleError('rpc_not_connected', { method })
    return this.#connection.call(method, args)
  }

  close(): void {
    for (const method of this.#connection?.info.methods ?? []) {
      if (Object.hasOwn(this, method)) Reflect.deleteProperty(this, method)
    }
    this.#connection?.close()
    this.#connection = undefined
  }
}

/** Makes a client that is not connected yet. Which methods it has shows only then: types come from whoever knows the service. */
export const RPCClient: new <Methods extends object = AnyMethods>() => RPCClient<Methods> =
  ServiceClient as new <Methods extends object = AnyMethods>() => RPCClient<Methods>
