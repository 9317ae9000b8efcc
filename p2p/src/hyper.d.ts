// What is used here of hyperdrive, hyperswarm and what they stand on: as little as possible, and no more than was tried.

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events'

  /** An append-only list of blocks, of which every one is checked against the key when it comes from a peer. */
  class Hypercore extends EventEmitter {
    readonly key: Buffer
    readonly discoveryKey: Buffer
    readonly length: number
    readonly peers: readonly unknown[]
    ready(): Promise<void>
    /** Asks peers for a newer length; waits for them while they are being looked for. */
    update(options?: { readonly wait?: boolean }): Promise<boolean>
    /** Fails with the code REQUEST_TIMEOUT. */
    get(
      index: number,
      options: { readonly timeout: number; readonly valueEncoding: 'binary' },
    ): Promise<Buffer | null>
    /** Call what it gives when looking for peers has ended. */
    findingPeers(): () => void
    close(): Promise<void>
  }
  export = Hypercore
}

declare module 'corestore' {
  import type { Duplex } from 'node:stream'
  import type Hypercore from 'hypercore'

  class Corestore {
    constructor(folder: string)
    ready(): Promise<void>
    get(options: { readonly key: Buffer }): Hypercore
    replicate(connection: Duplex): Duplex
    close(): Promise<void>
  }
  export = Corestore
}

declare module 'hyperdrive' {
  import type Corestore from 'corestore'
  import type Hypercore from 'hypercore'

  type Entry = {
    readonly key: string
    readonly value: {
      readonly blob: { readonly byteLength: number } | null
      readonly metadata: unknown
    }
  }

  class Hyperdrive {
    constructor(store: Corestore)
    /** The key of the blobs that belong to the files of this core; null where it is of an older kind. */
    static getContentKey(core: Hypercore): Buffer | null
    readonly key: Buffer
    readonly core: Hypercore
    /** All of it as it is stored, where nothing looks at the names. */
    readonly db: { put(key: string, value: object): Promise<void> }
    readonly discoveryKey: Buffer
    ready(): Promise<void>
    get(path: string, options: { readonly wait: false }): Promise<Buffer | null>
    entry(path: string): Promise<Entry | null>
    list(folder: string): AsyncIterable<Entry>
    put(path: string, bytes: Uint8Array, options?: { readonly metadata?: object }): Promise<void>
    del(path: string): Promise<void>
    close(): Promise<void>
  }
  export = Hyperdrive
}

declare module 'hyperbee/lib/messages.js' {
  type Message<T> = { decode(bytes: Uint8Array): T; encode(message: T): Buffer }
  export const Node: Message<{
    readonly index: Uint8Array
    readonly key: Uint8Array
    readonly value: Uint8Array | null
  }>
  /** Children: an index of a block, and a level within it, and so on. */
  export const YoloIndex: Message<{
    readonly levels: readonly {
      readonly keys: readonly number[]
      readonly children: readonly number[]
    }[]
  }>
}

declare module 'hyperdht' {
  class HyperDHT {
    constructor(options: {
      readonly bootstrap?: readonly { readonly host: string; readonly port: number }[]
      readonly host?: string
      readonly ephemeral?: boolean
      readonly firewalled?: boolean
    })
    destroy(): Promise<void>
  }
  export = HyperDHT
}

declare module 'hyperswarm' {
  import type { Duplex } from 'node:stream'
  import type HyperDHT from 'hyperdht'

  class Hyperswarm {
    constructor(options: { readonly dht: HyperDHT })
    on(event: 'connection', heard: (connection: Duplex) => void): this
    on(event: 'update', heard: () => void): this
    readonly connections: ReadonlySet<Duplex>
    join(
      topic: Buffer,
      options: { readonly server: boolean; readonly client: boolean },
    ): { flushed(): Promise<unknown> }
    flush(): Promise<unknown>
    destroy(): Promise<void>
  }
  export = Hyperswarm
}

declare module 'hypercore-id-encoding' {
  /** 52 letters and digits, z-base-32. */
  export function encode(key: Buffer): string
  /** Of 52 such, or 64 hex digits. Throws. */
  export function decode(id: string): Buffer
}

declare module 'hyperdht/testnet.js' {
  type Testnet = {
    readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
    destroy(): Promise<void>
  }
  function createTestnet(size: number): Promise<Testnet>
  export = createTestnet
}
