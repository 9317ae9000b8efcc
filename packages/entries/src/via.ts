// How the caller of a call was recognised.

/** How a caller was told apart. `host` is the server itself; `key` carries the caller's own signature. */
export type Via =
  | { readonly type: 'debug' }
  | { readonly type: 'token' }
  | { readonly type: 'host' }
  | {
      readonly type: 'key'
      /** Hex SHA-256 of the raw public key. */
      readonly key: string
      readonly notAfter: number
      /** Base64 of 64 bytes. */
      readonly signature: string
    }
