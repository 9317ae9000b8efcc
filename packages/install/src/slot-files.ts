// What a slot must hold: the list that was written when its package was unpacked. It finds damage; it is no proof against whoever can
// write into the store, since they can write the list as well.
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** A file of a package, as it was written. */
type SlotFile = { readonly path: string; readonly size: number; readonly crc: number }

/** The package of a slot. */
export type SlotContents = {
  readonly name: string
  readonly integrity: string
  readonly files: readonly SlotFile[]
}

/** Beside the slot's node_modules. */
const listName = 'files'

/** The line of the list for a file. */
export function fileLine(path: string, content: Uint8Array): string {
  return `${content.length} ${crc32(content).toString(16)} ${path}\n`
}

/** Writes the list: `lines` are those of fileLine(). */
export function writeList(
  folder: string,
  contents: Omit<SlotContents, 'files'>,
  lines: string,
): void {
  const { name, integrity } = contents
  writeFileSync(join(folder, listName), `${name} ${integrity}\n${lines}`, { mode: 0o444 })
}

/** What the slot in this folder must hold; undefined where that is not known. */
export function readList(folder: string): SlotContents | undefined {
  try {
    const [first = '', ...lines] = readFileSync(join(folder, listName), 'utf8').split('\n')
    if (lines.pop() !== '') return undefined // It was cut off.
    const [name = '', integrity = ''] = first.split(' ', 2)
    const files = lines.map((line) => {
      const [, size = '', crc = '', path = ''] = /^(\d+) ([0-9a-f]+) (.+)$/.exec(line) ?? []
      return { path, size: Number(size), crc: Number.parseInt(crc, 16) }
    })
    return name === '' || files.length === 0 ? undefined : { name, integrity, files }
  } catch {
    return undefined
  }
}

/** The hash of the tarball that a package in the store was unpacked from; undefined where nobody noted it. */
export function listedIntegrity(folder: string, name: string): string | undefined {
  const found = readList(folder.slice(0, -join('node_modules', name).length))
  return found?.name === name ? found.integrity : undefined
}

/** The first file that is missing or has another size; undefined where all is well. Reads no contents. */
export function findWrongSize(folder: string): string | undefined {
  const list = readList(folder)
  if (list === undefined) return listName
  const place = join(folder, 'node_modules', list.name)
  return list.files.find(({ path, size }) => {
    const found = lstatSync(join(place, path), { throwIfNoEntry: false })
    return found?.isFile() !== true || found.size !== size
  })?.path
}

/** Whatever is not as it was unpacked: missing and changed files, and those that are not the package's. Reads everything. */
export function findDamage(folder: string): readonly string[] {
  const list = readList(folder)
  if (list === undefined) return [listName]
  const place = join(folder, 'node_modules', list.name)
  const listed = new Map(list.files.map((file) => [file.path, file]))
  const wrong = list.files.filter((file) => !isWhole(place, file)).map(({ path }) => path)
  const strange = filesBelow(place, '').filter((path) => !listed.has(path))
  return [...wrong, ...strange]
}

function isWhole(place: string, { path, size, crc }: SlotFile): boolean {
  try {
    const content = readFileSync(join(place, path))
    return content.length === size && crc32(content) === crc
  } catch {
    return false
  }
}

function filesBelow(folder: string, path: string): readonly string[] {
  try {
    return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
      const own = path === '' ? entry.name : `${path}/${entry.name}`
      return entry.isDirectory() ? filesBelow(folder, own) : [own]
    })
  } catch {
    return []
  }
}
