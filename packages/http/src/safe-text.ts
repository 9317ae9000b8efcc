// Text of strangers, made safe to print: no token of ours, no control characters, no more than so much.
import { tokenPattern } from '@stele/errors'

const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

/** The text as it may stand in a log; at most `length` characters of it. */
export function safeText(text: string, length: number): string {
  return text
    .slice(0, 4 * length)
    .replaceAll(tokenPattern, '***')
    .replaceAll(controls, '\ufffd')
    .slice(0, length)
}
