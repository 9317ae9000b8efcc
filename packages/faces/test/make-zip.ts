// Writes zips for tests: sound ones, and what no decent program would write.
import { crc32, deflateRawSync } from 'node:zlib'

/** An entry, and what it is to say instead of the truth. */
export type MadeEntry = {
  readonly path: string | Uint8Array
  readonly content?: string | Uint8Array
  /** 8 when absent; with any other the bytes are stored. */
  readonly method?: number
  /** 0x800 when absent: the path is UTF-8. */
  readonly flags?: number
  /** Unix mode, with the kind of file; a file that anybody reads when absent. */
  readonly mode?: number
  readonly crc?: number
  readonly size?: number
  /** What stands there in place of the compressed content. */
  readonly data?: Uint8Array
  /** The path that stands before its data. */
  readonly localPath?: string
  /** The method that stands there. */
  readonly localMethod?: number
  /** Its data is that of the entry before it, and takes no room of its own. */
  readonly overlaps?: true
}

/** The archive; `count` is the number of entries that its end tells. */
export function makeZip(entries: readonly MadeEntry[], count: number = entries.length): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let [offset, before] = [0, 0]
  for (const entry of entries) {
    const name = Buffer.from(entry.path)
    const content = Buffer.from(entry.content ?? '')
    const method = entry.method ?? 8
    const data = entry.data ?? (method === 8 ? deflateRawSync(content) : content)
    const fields = Buffer.alloc(22)
    fields.writeUInt16LE(entry.flags ?? 0x800, 0)
    fields.writeUInt16LE(method, 2)
    fields.writeUInt32LE(entry.crc ?? crc32(content), 8)
    fields.writeUInt32LE(data.length, 12)
    fields.writeUInt32LE(entry.size ?? content.length, 16)
    fields.writeUInt16LE(name.length, 20)
    const localName = Buffer.from(entry.localPath ?? entry.path)
    const localFields = Buffer.from(fields)
    localFields.writeUInt16LE(entry.localMethod ?? method, 2)
    localFields.writeUInt16LE(localName.length, 20)
    const local = Buffer.concat([
      Buffer.from('PK\u0003\u0004\u0014\0'),
      localFields,
      Buffer.alloc(2),
      localName,
      data,
    ])
    const rest = Buffer.alloc(16)
    rest.writeUInt32LE((entry.mode ?? 0o100644) * 0x10000, 8)
    const at = entry.overlaps === true ? before : offset
    rest.writeUInt32LE(at, 12)
    before = at
    centrals.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003\u0014\0'), fields, rest, name]),
    )
    if (entry.overlaps === true) continue
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 0)
  end.writeUInt16LE(count % 0x10000, 8)
  end.writeUInt16LE(count % 0x10000, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}
