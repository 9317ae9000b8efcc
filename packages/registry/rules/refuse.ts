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
    if (!Object.hasOwn(members, key)) throw wrong(what, `lacks the member "${key}"`)
  }
  for (const key of Object.keys(members)) {
    if (!wanted.includes(key) && !allowed.includes(key))
      throw wrong(what, `must not have the member "${key}"`)
  }
  return members
}

/** A plain object. */
export function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(what, 'must be an object')
  }
  return value as Record<string, unknown> // The three checks above are what the type says.
}

/** A string of at most `max` characters, without lone surrogates. */
export function textOf(value: unknown, what: string, max: number): string {
  if (typeof value !== 'string') throw wrong(what, 'must be a string')
  if (value.length > max) throw wrong(what, `must have at most ${max} characters`)
  if (!value.isWellFormed()) throw wrong(what, 'contains a lone surrogate')
  return value
}

/** A string of this form, of at most 200 characters. */
export function formOf(value: unknown, what: string, form: RegExp): string {
  const text = textOf(value, what, 200)
  if (!form.test(text)) throw wrong(what, 'is not in the expected form')
  return text
}

/** A list of 1 to `max` different strings. */
export function textsOf(value: unknown, what: string, max: number): readonly string[] {
  if (!Array.isArray(value) || value.length === 0)
    throw wrong(what, 'must be a list of one or more strings')
  if (value.length > max) throw wrong(what, `must have at most ${max} items`)
  const texts = value.map((item: unknown) => textOf(item, what, maxItemLength))
  if (new Set(texts).size !== texts.length)
    throw wrong(what, 'must not contain the same item twice')
  return texts
}

const maxItemLength = 256

/** The error of an argument that is not in the form that the method takes. */
export function wrong(what: string, reason: string): Error {
  return refuse('bad_argument', `Cannot take the call: ${what} ${reason}`)
}
