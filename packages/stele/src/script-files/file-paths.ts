// The names of a script's files: as the state has them, as an address, and as a disk can hold them.
import { isUtf8 } from 'node:buffer'
import { filesRoot } from '@stele/entries/paths'

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
 * The names, each below the one before it, that a name of the state has on a disk. Nearly all stay as they are: `%` and what some disk
 * cannot hold, or would take for something else, is written as `%` and two hex digits a byte; what is longer than 200 bytes
 * is cut, and each piece but the last is a folder whose name begins with `%+`. Where another name beside it differs only by its
 * case or by how its accents are written, its capitals and all that is not ASCII are written so too (`crowded`); `bare` is what a disk
 * of Unix needs.
 */
export function diskNames(name: string, spelling: Spelling = 'usual'): readonly string[] {
  const escaped = name.replaceAll(unfit[spelling], escape)
  const escapeEnds = spelling === 'bare' ? escapeSteps : escapeAllEnds
  const pieces: string[] = []
  let piece = ''
  let bytes = 0
  for (const character of escaped) {
    const size = Buffer.byteLength(character)
    if (bytes + size > maxNameBytes) {
      pieces.push(longMark + escapeEnds(piece))
      ;[piece, bytes] = ['', 0]
    }
    piece += character
    bytes += size
  }
  return [...pieces, escapeEnds(piece)]
}

type Spelling = 'bare' | 'usual' | 'crowded'

/** What is not written as it is: `%` itself, what Unix or Windows cannot hold, and what a disk may fold. */
const unfit: { readonly [S in Spelling]: RegExp } = {
  bare: /[%/\\\0-\x1f\x7f]/g,
  usual: /[%/\\:<>"|?*\0-\x1f\x7f]/g,
  crowded: /[%/\\:<>"|?*\0-\x1f\x7f]|[A-Z]|[^\0-\x7f]/gu,
}
/** Windows has devices by these names in every folder. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i

/** Also of a long name what is left over may be dots, which a disk takes for steps. */
function escapeSteps(piece: string): string {
  return /^\.{1,2}$/.test(piece) ? escape(piece) : piece
}

/** Windows drops dots and spaces at an end. */
function escapeAllEnds(piece: string): string {
  return escapeSteps(piece)
    .replace(/[. ]$/, escape)
    .replace(device, (found) => escape(found.slice(0, 1)) + found.slice(1))
}

/** How the names of one folder lie on a disk that may take those for one that differ by case or accents alone. */
export function diskNamesIn(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const crowded = new Set<string>()
  const spell = (name: string): readonly string[] =>
    diskNames(name, crowded.has(name) ? 'crowded' : 'usual')
  for (let known = -1; known < crowded.size; ) {
    known = crowded.size
    for (const name of findCrowded(names, spell)) crowded.add(name)
  }
  return new Map(names.map((name) => [name, spell(name)]))
}

/** Those of which a file, or a folder that a long name lies in, would be taken for another's. */
function findCrowded(
  names: readonly string[],
  spell: (name: string) => readonly string[],
): readonly string[] {
  const spellings = new Map<string, Set<string>>()
  const places = names.map((name) => {
    const pieces = spell(name)
    return pieces.map((_, depth) => pieces.slice(0, depth + 1).join('/'))
  })
  for (const place of places.flat()) {
    const folded = foldName(place)
    spellings.set(folded, (spellings.get(folded) ?? new Set()).add(place))
  }
  const isTaken = (place: string): boolean => (spellings.get(foldName(place))?.size ?? 0) > 1
  return names.filter((_, at) => places[at]?.some(isTaken) === true)
}

/** The same for names that a disk may take for one. */
function foldName(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFD')
}

/** What a name on the disk is: the beginning of a longer one, or (the rest of) a name of the state. */
export function readDiskName(name: string): { readonly text: string; readonly isCut: boolean } {
  const isCut = name.startsWith(longMark)
  return { text: isCut ? name.slice(longMark.length) : name, isCut }
}

/** The inverse of what `diskNames` does to characters. A name that it does not write stays as it is. */
export function unescapeName(escaped: string): string {
  return escaped.replaceAll(/(?:%[0-9a-f]{2})+/g, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex')
    return isUtf8(bytes) ? bytes.toString() : run
  })
}

function escape(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
