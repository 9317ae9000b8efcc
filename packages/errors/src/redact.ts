// Makes text safe to print and to send: no control characters, no credentials.

/** Those that drive a terminal, and those that turn the order of what is shown around. Line feeds and tabs are let through. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const hidden = new RegExp(`${controls.source}|[\\t\\n]`)
/** Any token of ours, wherever it turns up. Shorter ones are names: `stele_helpers`. */
export const tokenPattern: RegExp = /stele_[A-Za-z0-9]{16,}/g

const credentials: readonly (readonly [RegExp, string])[] = [
  [/(\/\/)[^/\s:@"]+:(?:[^/\s@"]|"(?![,:}\]]))+(@)/g, '$1***$2'], // https://user:password@host, within one string of JSON
  [/((?:\b(?:bearer|basic)\s|_authToken\s*=|_auth\s*=|_password\s*=)\s*)[^\s"',;]+/gi, '$1***'],
  [tokenPattern, '***'],
]

/** The text with control characters escaped as `\u….` and anything that looks like a credential as `***`. */
export function redact(text: string): string {
  let safe = text
  for (const [pattern, stars] of credentials) safe = safe.replace(pattern, stars)
  return escapeControls(safe)
}

/** The text with control characters escaped as `\u….`, and nothing hidden. */
export function escapeControls(text: string): string {
  return text.replace(controls, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same on one line, line feeds escaped as well: for code that somebody is to judge, where nothing may be left out. */
export function escapeLine(text: string): string {
  return escapeControls(text).replaceAll('\n', '\\n')
}

/** The same on one line: a text that somebody else chose must not look like a line of ours. */
export function redactLine(text: string): string {
  return redact(text).replace(/\n+/g, ' ')
}

/** Whether the text is one line without control characters, as it may be shown anywhere. */
export function isPlainLine(text: string): boolean {
  return !hidden.test(text)
}
