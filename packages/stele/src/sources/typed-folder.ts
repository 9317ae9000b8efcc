// A folder as people type it, whatever is to be read from there.
import { fileURLToPath } from 'node:url'
import { SteleError } from '@stele/errors'

/** The path that is meant: also by a `file:` address. `command` is what it was typed after. Throws `usage_wrong`. */
export function typedPath(text: string, command: string | undefined): string {
  if (!text.startsWith('file:')) return text
  try {
    return fileURLToPath(text)
  } catch (cause) {
    throw wrongUsage(`"${text}" is not the address of a folder on this machine`, command, cause)
  }
}

/** The error of whoever typed it, or of the program that gave it where there is no command. */
export function wrongUsage(
  reason: string,
  command: string | undefined,
  cause?: unknown,
): SteleError {
  const details = { reason, ...(command === undefined ? {} : { command }) }
  return new SteleError('usage_wrong', details, { cause })
}
