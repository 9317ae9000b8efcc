// Answers that are asked for once, and kept while a command runs.

/** As `ask`, but each name is asked for once: who asks later gets the same answer, or the same error. */
export function askedOnce<Answer>(
  ask: (name: string) => Promise<Answer>,
): (name: string) => Promise<Answer> {
  const known = new Map<string, Promise<Answer>>()
  return (name) => {
    const found = known.get(name) ?? ask(name)
    known.set(name, found)
    return found
  }
}
