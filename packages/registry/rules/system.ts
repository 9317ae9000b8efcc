// What the host gives a script, and the few file operations that the rules are written in.
// The rules keep nothing between calls: all they know is in the files, the caller, and the arguments.

type System = {
  readonly caller: { readonly id?: string | null; readonly via?: string }
  readonly time: number
  readonly hash: (algorithm: 'sha256', text: string) => string
  readonly blobs: { readonly read: (name: string, encoding: 'utf8') => string }
  readonly files: {
    readonly existsSync: (path: string) => boolean
    readonly readFileSync: (path: string, encoding: 'utf8') => string
    readonly readdirSync: (path: string) => readonly string[]
    readonly writeFileSync: (path: string, text: string) => void
    readonly mkdirSync: (path: string) => void
    readonly unlinkSync: (path: string) => void
  }
}

declare const System: System

/** The host's Buffer, as far as it is used here. */
declare const Buffer: {
  readonly from: (
    text: string,
    encoding: 'hex' | 'base64',
  ) => { readonly toString: (encoding: 'hex' | 'base64') => string }
}

/** Base64 of bytes given in hex. */
export function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

/** The inverse of base64OfHex(). */
export function hexOfBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('hex')
}

/** SHA-256 of the text in UTF-8, as hex. */
export function sha256(text: string): string {
  return System.hash('sha256', text)
}

/** The text of a blob of the log. Where it is absent the call is aborted. */
export function readBlob(name: string): string {
  return System.blobs.read(name, 'utf8')
}

/** When the call is made: milliseconds since 1970. */
export function now(): number {
  return System.time
}

/** True for what the server itself observes; no face takes such calls. */
export function isHost(): boolean {
  return System.caller.via === 'host'
}

/** The account that makes the call; undefined for an anonymous one. */
export function callerId(): string | undefined {
  return System.caller.id ?? undefined
}

/** A path segment: percent-encoded as `encodeURIComponent` does, `@` kept. */
export function segment(text: string): string {
  return encodeURIComponent(text).replaceAll('%40', '@')
}

/** True where there is a file. Where its value was taken down the call is aborted: the host measures the file to tell. */
export function exists(path: string): boolean {
  return System.files.existsSync(path)
}

/** The file's text, or undefined where there is none. */
export function read(path: string): string | undefined {
  return System.files.existsSync(path) ? System.files.readFileSync(path, 'utf8') : undefined
}

/** The names in a directory; none where it is missing. */
export function list(directory: string): readonly string[] {
  return System.files.existsSync(directory) ? System.files.readdirSync(directory) : []
}

/** Writes a file, and makes its directory where it is the first. */
export function write(directory: string, name: string, text: string): void {
  makeDirectory(directory)
  System.files.writeFileSync(`${directory}/${name}`, text)
}

/** Writes a file that is in no directory. */
export function writeAtRoot(name: string, text: string): void {
  System.files.writeFileSync(`/${name}`, text)
}

/** Makes a directory that may be there already; its parent must be. */
export function makeDirectory(directory: string): void {
  if (!System.files.existsSync(directory)) System.files.mkdirSync(directory)
}

/** Removes a file that is there. */
export function remove(path: string): void {
  System.files.unlinkSync(path)
}
