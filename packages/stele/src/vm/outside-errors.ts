// What an oracle is told instead of an answer: named errors, for scripts to tell apart.

/** The request is none that can be answered. */
export class Odd extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TypeError'
  }
}

/** The operator does not allow it. */
export class NotAllowed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotAllowedError'
  }
}

/** It was allowed, and went wrong. */
export class Failed extends Error {
  constructor(message: string, name = 'FetchError') {
    super(message)
    this.name = name
  }
}
