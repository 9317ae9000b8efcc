// The key of a log that a person knows beforehand.
import { isSteleError, SteleError } from '@stele/errors'
import { parseVkey } from '@stele/tlog/notes'

const fingerprint = /^(?:sha-?256[: ]\s*)?[0-9a-f]{64}$/i

/** The log's key line, or the fingerprint that a report prints. Whether it is the log's shows only there. Throws `usage_wrong`. */
export function parseLogKey(text: string, command = 'clone'): string {
  const key = text.trim()
  if (fingerprint.test(key)) return key
  try {
    parseVkey(key)
    return key
  } catch (cause) {
    if (!isSteleError(cause)) throw cause
    const wanted = `the log's key, a line like "registry.example+1a2b3c4d+AXY…", or its fingerprint, 64 hex digits`
    const where = `The operator finds both: the line is the first one of data/public/-/log/key, and "stele verify" prints the fingerprint`
    const reason = `--key "${text}": must be ${wanted}. ${where}`
    throw new SteleError('usage_wrong', { reason, command }, { cause })
  }
}
