// What a call fails with: what its script threw, or what the service said instead of running it.

/** What a script threw, wherever it was called: `name` and `message` are those of its error. */
export class ScriptError extends Error {
  constructor({ name, message }: { readonly name: string; readonly message: string }) {
    super(message)
    this.name = name
  }
}

/** What a service answered instead of a result, and not by its script. */
export class RpcFailure extends Error {
  /** JSON-RPC's number, such as -32601 for a method that is not there. */
  readonly code: number
  /** The service's word for it, such as `call_unsigned` or `log_busy`; undefined where it gives none. */
  readonly reason: string | undefined

  constructor({
    code,
    reason,
    message,
  }: {
    readonly code: number
    readonly reason?: string | undefined
    readonly message: string
  }) {
    super(message)
    this.name = 'RpcFailure'
    this.code = code
    this.reason = reason
  }
}
