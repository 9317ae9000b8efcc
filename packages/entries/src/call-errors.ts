// The errors of calls, as people read them. What is logged is the engine's: a name and a message.

/** How calls end that reach a limit: the messages of errors with the name `trap`. */
const limitWords: ReadonlyMap<string, string> = new Map([
  ['gas', 'it ran for too long'],
  ['memory', 'it used too much memory'],
  ['stack', 'its functions called one another too deeply'],
  ['jobs', 'it used too many promises'],
  ['timers', 'it used too many timers'],
  ['hostCalls', 'it used System too often'],
  ['transferBytes', 'it read or wrote too many bytes'],
  ['writes', 'it changed too many files'],
  ['writeBytes', 'it wrote too many bytes into files'],
  ['argumentBytes', 'its arguments are too long'],
])

/** The error as a sentence where it is the engine's own, else as `name: message`. */
export function describeCallError({
  name,
  message,
}: {
  readonly name: string
  readonly message: string
}): string {
  const words = name === 'trap' ? describeLimit(message) : undefined
  if (words !== undefined)
    return `The call was stopped, and changed nothing: ${words} (limit "${message}")`
  return message === '' ? name : `${name}: ${message}`
}

/** What went beyond this limit of a call, undefined where there is no such limit. */
export function describeLimit(limit: string): string | undefined {
  return limitWords.get(limit)
}
