// The address of what is shared: hyper://, and the key of the drive in 52 letters and digits.
import { decode, encode } from 'hypercore-id-encoding'
import { SteleError } from 'stele/clone'

/** Also without `hyper://`, and in 64 hex digits. Throws `usage_wrong`. */
export function parseAddress(text: string): Buffer {
  try {
    return decode(
      text
        .trim()
        .replace(/^hyper:\/\//, '')
        .replace(/\/$/, ''),
    )
  } catch (cause) {
    const reason = `"${text}" is not the address of a share: "hyper://" and 52 letters and digits, as "stele-p2p share" prints it`
    throw new SteleError('usage_wrong', { reason, command: 'clone' }, { cause })
  }
}

/** `hyper://` and 52 letters and digits. */
export function formatAddress(key: Buffer): string {
  return `hyper://${encode(key)}`
}
