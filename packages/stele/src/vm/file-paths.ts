// The names of a script's files: as the state has them, as an address, and as a disk can hold them.

/** Where a service shows its files. */
export const filesRoot = '/-/files/'

/** Bytes of a name on a disk: most hold 255, some count in other units. */
const maxNameBytes = 200
/** Begins the name of a folder that holds nothing but the rest of a long name. No other name begins so. */
const longMark = '%+'

/** A path of the state, such as `/a/b`, split where a row lies: its object and its field. */
export function rowOf(path: string): { readonly object: string; readonly field: string } {
  const at = path.lastIndexOf('/')
  return { object: at <= 0 ? '/' : path.slice(0, at), field: path.slice(at + 1) }
}

/** The path of a name in a folder of the state. */
export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

/** The address of a file or a folder below the service's root. */
export function filesPath(path: string): string {
  return filesRoot + path.slice(1).split('/').map(encodeSegment).join('/')
}

/** The path that an address means. Throws URIError. */
export function parseFilesPath(address: string): string {
  return `/${address.slice(filesRoot.length).split('/').map(decodeURIComponent).join('/')}`
}

/** "." and ".." would be taken for steps, whatever they stand for. */
function encodeSegment(segment: string): string {
  return /^\.{1,2}$/.test(segment) ? segment.replaceAll('.', '%2E') : encodeURIComponent(segment)
}

/**
 * The names, each below the one before it, that a name of the state has on a disk. Nearly all stay as they are: `%` and what a
 * disk cannot hold, or would take for something else, is written as `%` and two hex digits a byte; what is longer than 200 bytes
 * is cut, and each piece but the last is a folder whose name begins with `%+`.
 */
export function diskNames(name: string): readonly string[] {
  const escaped = name.replaceAll(/[%/\\\0-\x1f\x7f]/g, escape)
  const pieces: string[] = []
  let piece = ''
  let bytes = 0
  for (const character of escaped) {
    const size = Buffer.byteLength(character)
    if (bytes + size > maxNameBytes) {
      pieces.push(longMark + piece)
      ;[piece, bytes] = ['', 0]
    }
    piece += character
    bytes += size
  }
  // Also of a long name what is left over may be dots, which a disk takes for steps.
  return [...pieces, /^\.{1,2}$/.test(piece) ? escape(piece) : piece]
}

/** What a name on the disk is: the beginning of a longer one, or (the rest of) a name of the state. */
export function readDiskName(name: string): { readonly text: string; readonly isCut: boolean } {
  const isCut = name.startsWith(longMark)
  return { text: isCut ? name.slice(longMark.length) : name, isCut }
}

/** The inverse of what `diskNames` does to characters. A name that it does not write stays as it is. */
export function unescapeName(escaped: string): string {
  const bytes = escaped.replaceAll(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return bytes
}

function escape(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
