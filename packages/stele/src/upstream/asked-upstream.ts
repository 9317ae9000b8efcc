// An upstream as people are told of it.

/** An upstream as an operator recognises it: its token is nobody's business. */
export type AskedUpstream = {
  readonly id: string
  readonly url: string
  readonly scopes: readonly string[]
}
