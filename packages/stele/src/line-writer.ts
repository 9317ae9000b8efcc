// Writes the lines of one turn at once: each write to a pipe or a terminal is a call of the system that waits.

/** Writes lines in their order. What is written last in a process needs `flush`. */
export type LineWriter = { readonly write: (text: string) => void; readonly flush: () => void }

/** Gathers what one turn writes. `atEndOfTurn` calls back when the turn is over. */
export function createLineWriter(
  write: (text: string) => void,
  atEndOfTurn: (flush: () => void) => void,
): LineWriter {
  let waiting = ''
  const flush = (): void => {
    const text = waiting
    waiting = ''
    if (text !== '') write(text)
  }
  return {
    write: (text) => {
      if (waiting === '') atEndOfTurn(flush)
      waiting += text
    },
    flush,
  }
}
