// The tar of a pack (POSIX.1-2001): plain files, with the extended header that a path of over 100 bytes takes.

/** A file in a tar: where its bytes begin. */
export type TarPlace = { readonly name: string; readonly at: number; readonly size: number }

const block = 512
const endBytes = 2 * block
const nameBytes = 100

/** What stands before a file's bytes. */
export function tarHeaders(name: string, size: number): Uint8Array {
  const own = headerOf(name.slice(0, nameBytes), size, '0')
  if (Buffer.byteLength(name) <= nameBytes) return own
  const record = Buffer.from(paxRecord('path', name))
  return Buffer.concat([
    headerOf('path', record.length, 'x'),
    record,
    tarPadding(record.length),
    own,
  ])
}

/** What stands behind a file of this size, or at the end. */
export function tarPadding(size: number | 'end'): Uint8Array {
  return Buffer.alloc(size === 'end' ? endBytes : -size & (block - 1))
}

function headerOf(name: string, size: number, type: string): Buffer {
  const header = Buffer.alloc(block)
  const octal = (value: number, digits: number): string =>
    `${value.toString(8).padStart(digits, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 7), 100)
  header.write(octal(0, 7) + octal(0, 7), 108)
  header.write(octal(size, 11) + octal(0, 11), 124)
  header.write(' '.repeat(8) + type, 148)
  header.write('ustar\x0000', 257)
  header.write(`${octal(sumOf(header), 6)} `, 148)
  return header
}

/** `<length> path=<name>\n`: the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  for (let length = rest.length + 1; ; length++) {
    if (String(length).length + Buffer.byteLength(rest) === length) return `${length}${rest}`
  }
}

/** With its own field counted as spaces. */
function sumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}

/** The files of a tar, in their order. `read` gives fewer bytes at the end; what `refuse` makes is thrown for what is no such tar. */
export function* walkTar(
  read: (at: number, size: number) => Buffer,
  {
    refuse,
    maxPathBytes,
  }: { readonly refuse: (reason: string) => Error; readonly maxPathBytes: number },
): Generator<TarPlace> {
  let longName: string | undefined
  for (let at = 0; ; ) {
    const header = read(at, block)
    if (header.length < block) throw refuse('it is cut short')
    if (header.every((byte) => byte === 0)) return
    const size = octalIn(header, 124, 12)
    const isHeader = header.toString('latin1', 257, 262) === 'ustar'
    if (!isHeader || size === undefined || octalIn(header, 148, 8) !== sumOf(header))
      throw refuse('it is no pack of a mirror')
    const type = header.toString('latin1', 156, 157)
    const start = at + block
    at = start + size + (-size & (block - 1))
    if (type === 'x') {
      if (size > maxPathBytes) throw refuse('a path in it is too long')
      longName = /^\d+ path=(.*)\n$/s.exec(read(start, size).toString())?.[1]
    } else if (type === '0') {
      yield { name: longName ?? textIn(header, 0, nameBytes), at: start, size }
      longName = undefined
      if (size > 0 && read(at - 1, 1).length === 0) throw refuse('it is cut short')
    } else throw refuse('it holds something else than files')
  }
}

function octalIn(header: Buffer, at: number, size: number): number | undefined {
  const text = textIn(header, at, size).trim()
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : undefined
}

function textIn(header: Buffer, at: number, size: number): string {
  return header.toString('utf8', at, at + size).replace(/\0.*$/s, '')
}
