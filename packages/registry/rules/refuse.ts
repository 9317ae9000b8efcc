// How a rule says no, and the plain checks of arguments.

/** The error of a broken rule: `name` is for programs, `message` for people. */
export function refuse(name: string, message: string): Error {
  const error = new Error(message)
  error.name = name
  return error
}

/** The members of an object that has all of `wanted` and nothing beyond them and `allowed`. */
export function membersOf(
  value: unknown,
  what: string,
  { wanted, allowed = [] }: { wanted: readonly string[]; allowed?: readonly string[] },
): Record<string, unknown> {
  const members = objectOf(value, what)
  for (const key of wanted) {
    if (!Object.hasOwn(members, key)) throw wrong(what, `has no "${key}"`)
  }
  for (const key of Object.keys(members)) {
    if (!wanted.includes(key) && !allowed.includes(key)) throw wrong(what, `has "${key}"`)
  }
  return members
}

/** A plain object. */
export function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(what, 'is not an object')
  }
  return value as Record<string, unknown> // The three checks above are what the type says.
}

/** A text of at most `max` characters, without lone surrogates. */
export function textOf(value: unknown, what: string, max: number): string {
  if (typeof value !== 'string') throw wrong(what, 'is not a text')
  if (value.length > max) throw wrong(what, `has over ${max} characters`)
  if (/[\ud800-\udfff]/u.test(value)) throw wrong(what, 'holds a lone surrogate')
  return value
}

/** A list of 1 to `max` different texts. */
export function textsOf(value: unknown, what: string, max: number): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(what, 'is not a list of texts')
  if (value.length > max) throw wrong(what, `has over ${max} items`)
  const texts = value.map((item: unknown) => textOf(item, what, maxItemLength))
  if (new Set(texts).size !== texts.length) throw wrong(what, 'names something twice')
  return texts
}

const maxItemLength = 256

/** The error of an argument that has not the form that the method takes. */
export function wrong(what: string, reason: string): Error {
  return refuse('bad_argument', `Cannot take the call: ${what} ${reason}`)
}
