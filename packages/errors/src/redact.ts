// Makes text safe to print and to send: no control characters, no credentials.

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g
/** Any token of ours, wherever it turns up. Shorter ones are names: `stele_helpers`. */
export const tokenPattern: RegExp = /stele_[A-Za-z0-9]{16,}/g

const credentials: readonly (readonly [RegExp, string])[] = [
  [/(\/\/)[^/\s:@]+:[^/\s@]+(@)/g, '$1***$2'], // https://user:password@host
  [/((?:\b(?:bearer|basic)\s|_authToken\s*=|_auth\s*=|_password\s*=)\s*)[^\s"',;]+/gi, '$1***'],
  [tokenPattern, '***'],
]

/** The text with control characters escaped as `\u….` and anything that looks like a credential as `***`. */
export function redact(text: string): string {
  let safe = text
  for (const [pattern, hidden] of credentials) safe = safe.replace(pattern, hidden)
  return safe.replace(controls, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
