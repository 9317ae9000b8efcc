// The files that a script has written, as NodeVMS's files archive shows them. Only the script changes them.
import type { StateReader } from '@stele/entries/calls'
import { SteleError } from '@stele/errors'

/** What a file or a folder is. */
export type FileStat = {
  readonly size: number
  readonly isFile: () => boolean
  readonly isDirectory: () => boolean
}

/** How a file's bytes are given as text. */
type TextEncoding = 'utf8' | 'base64' | 'hex'

/** How a file is given: as text, `utf8` where nothing is said; as its bytes; or as what its JSON says. */
export type FileEncoding = TextEncoding | 'json' | 'binary'

/** Reads of a service's files. */
export class FilesArchive {
  readonly url: string
  readonly #state: StateReader

  constructor(url: string, state: StateReader) {
    this.url = url
    this.#state = state
  }

  /** Every file of a service, a clone or a folder, fetched into memory. Throws `server_unreachable`, `server_refused`. */
  static async fetch(url: string): Promise<FilesArchive> {
    const { fetchFiles } = await import('./fetch-log.ts')
    const { address, state } = await fetchFiles(url)
    return new FilesArchive(address, state)
  }

  /** Throws `not_found`. */
  async stat(path: string): Promise<FileStat> {
    const place = this.#placeOf(path)
    const isFolder = this.#isFolder(place)
    const size = isFolder ? 0 : this.#bytesOf(place, path).length
    return { size, isFile: () => !isFolder, isDirectory: () => isFolder }
  }

  /** Text where no encoding is said. Throws `not_found`. */
  async readFile(
    path: string,
    encoding?: TextEncoding | { readonly encoding?: TextEncoding },
  ): Promise<string>
  async readFile(
    path: string,
    encoding: 'binary' | { readonly encoding: 'binary' },
  ): Promise<Uint8Array>
  /** Also for an encoding that only the running program knows. */
  async readFile(
    path: string,
    encoding: FileEncoding | { readonly encoding?: FileEncoding },
  ): Promise<unknown>
  async readFile(
    path: string,
    wanted: FileEncoding | { readonly encoding?: FileEncoding } = 'utf8',
  ): Promise<unknown> {
    const encoding = typeof wanted === 'string' ? wanted : (wanted.encoding ?? 'utf8')
    const bytes = this.#bytesOf(this.#placeOf(path), path)
    if (encoding === 'binary') return bytes
    if (encoding === 'json') return JSON.parse(Buffer.from(bytes).toString('utf8'))
    return Buffer.from(bytes).toString(encoding)
  }

  /** The names in a folder, of folders without the slash. Throws `not_found`. */
  async readdir(path: string): Promise<readonly string[]> {
    const place = this.#placeOf(path)
    if (!this.#isFolder(place)) throw missing(path)
    return this.#state.list(place.path).map((name) => name.replace(/\/$/, ''))
  }

  #placeOf(path: string): Place {
    const segments = path.split('/').filter((segment) => segment !== '')
    const field = segments.at(-1) ?? ''
    return {
      path: `/${segments.join('/')}`,
      object: `/${segments.slice(0, -1).join('/')}`,
      field,
    }
  }

  #isFolder({ path, object, field }: Place): boolean {
    return path === '/' || this.#state.get(object, `${field}/`) !== undefined
  }

  #bytesOf({ object, field }: Place, path: string): Uint8Array {
    const bytes = field === '' ? undefined : this.#state.get(object, field)
    if (bytes === undefined) throw missing(path)
    return bytes
  }
}

type Place = { readonly path: string; readonly object: string; readonly field: string }

function missing(path: string): SteleError {
  return new SteleError('not_found', { what: `"${path}" among the files` })
}
