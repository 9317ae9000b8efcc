// Answers of registries in a folder: packs of bodies, each with an index that says what is in it. A pack is written once and never changed,
// so any number of processes can read and write; an index appears, by a rename, when its pack is whole.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Ready } from './lazy-packument.ts'
import { abandonedMs, keptForMs, maxHeldBytes, maxKeptBytes, maxPacks } from './limits.ts'

/** What is known of an answer. */
export type Facts = {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
  /** When the registry last said that it holds. */
  readonly checkedMs: number
  /** For how long it may be used from then on, without asking. */
  readonly freshMs: number
  /** `content-encoding`. */
  readonly coding?: string | undefined
  /** What is mostly needed of it, so that its body need not be read. */
  readonly ready?: Ready | undefined
}

/** An answer and where it is. */
export type Entry = Facts & {
  readonly pack: string
  readonly offset: number
  readonly length: number
}

/** What an index begins with: then comes a line for each entry, of which few are read. */
const indexHead = 'stele packuments 2'

/** A line of an index: what decides between several, and the whole. */
type Line = { readonly pack: string; readonly checkedMs: number; readonly text: string }
type Pack = { readonly name: string; readonly sizeBytes: number }

/** The packs of a folder. */
export class Packs {
  readonly #folder: string
  readonly #name = `${process.pid}-${randomBytes(6).toString('hex')}`
  readonly #files = new Map<string, number>()
  #lines: Map<string, Line> | undefined
  #packs: readonly Pack[] = []
  /** Which index told of an answer. */
  readonly #indexes = new Map<string, string>()
  #own: Record<string, Entry> = {}
  #held: Buffer[] = []
  #heldBytes = 0
  #offset = 0
  /** Nothing can be written there. */
  #isBroken = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The newest that is known of it. */
  find(key: string): Entry | undefined {
    this.#lines ??= this.#read()
    const own = this.#own[key]
    if (own !== undefined) return own
    const line = this.#lines.get(key)
    return line && parseLine(line)
  }

  /** Whether the bytes of the answer can be had from now on, also when they are removed meanwhile. */
  hold({ pack }: Entry): boolean {
    return this.#open(pack) !== undefined
  }

  #open(pack: string): number | undefined {
    if (pack === this.#name) this.#write()
    const known = this.#files.get(pack)
    if (known !== undefined) return known
    try {
      const file = openSync(join(this.#folder, `${pack}.pack`), 'r')
      this.#files.set(pack, file)
      return file
    } catch {
      return undefined
    }
  }

  /** The bytes of an answer that was found; undefined where they are gone meanwhile. */
  body({ pack, offset, length }: Entry): Buffer | undefined {
    const file = this.#open(pack)
    if (file === undefined) return undefined
    try {
      const bytes = Buffer.allocUnsafeSlow(length)
      return readSync(file, bytes, 0, length, offset) === length ? bytes : undefined
    } catch {
      return undefined
    }
  }

  /** Keeps an answer. */
  add(key: string, facts: Facts, body: Buffer): void {
    if (this.#isBroken) return
    this.#own[key] = { ...facts, pack: this.#name, offset: this.#offset, length: body.length }
    this.#offset += body.length
    this.#heldBytes += body.length
    this.#held.push(body)
    if (this.#heldBytes >= maxHeldBytes) this.#write()
  }

  /** Notes that an answer still holds. */
  renew(key: string, entry: Entry): void {
    if (!this.#isBroken) this.#own[key] = entry
  }

  /** Notes what is mostly needed of an answer. */
  prepare(key: string, ready: Ready): void {
    const entry = this.find(key)
    if (entry !== undefined && !this.#isBroken) this.#own[key] = { ...entry, ready }
  }

  /** Writes what was added. What cannot be written is not kept: it is only a cache. */
  close(): void {
    try {
      if (Object.keys(this.#own).length > 0) this.#finish()
    } catch {
      this.#giveUp()
    }
    for (const file of this.#files.values()) closeSync(file)
    this.#files.clear()
  }

  #finish(): void {
    this.#lines ??= this.#read()
    const merged = this.#merge()
    this.#write()
    if (this.#isBroken) return
    const path = join(this.#folder, this.#name)
    const lines = Object.entries(this.#own).map(([key, entry]) => formatLine(key, entry))
    writeFileSync(`${path}.new`, [indexHead, ...lines, ''].join('\n'))
    renameSync(`${path}.new`, `${path}.index`)
    this.#own = {}
    for (const name of merged) {
      for (const end of ['index', 'pack'])
        rmSync(join(this.#folder, `${name}.${end}`), { force: true })
    }
  }

  #write(): void {
    if (this.#held.length === 0) return
    const bytes = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    try {
      mkdirSync(this.#folder, { recursive: true })
      writeFileSync(join(this.#folder, `${this.#name}.pack`), bytes, { flag: 'a' })
    } catch {
      this.#giveUp()
    }
  }

  /** The disk is full, or read-only. */
  #giveUp(): void {
    this.#isBroken = true
    this.#own = {}
    try {
      rmSync(join(this.#folder, `${this.#name}.pack`), { force: true })
    } catch {
      // A pack without an index is nobody's: "store prune" removes it with the rest.
    }
  }

  /** Every entry once, the newest of each, of those whose pack is there. */
  #read(): Map<string, Line> {
    const lines = new Map<string, Line>()
    const names = namesIn(this.#folder)
    this.#packs = names.map((name) => ({
      name,
      sizeBytes: sizeOf(join(this.#folder, `${name}.pack`)),
    }))
    const whole = new Set(names)
    for (const name of names) {
      for (const [key, line] of readIndex(join(this.#folder, `${name}.index`))) {
        const known = lines.get(key)
        if (!whole.has(line.pack) || (known?.checkedMs ?? 0) > line.checkedMs) continue
        lines.set(key, line)
        this.#indexes.set(key, name)
      }
    }
    return lines
  }

  /** Takes small packs into this one where there are many, and gives the names of those that are not needed any more. */
  #merge(): readonly string[] {
    const total = this.#packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (this.#packs.length < maxPacks && total < maxKeptBytes) return []
    const taken = total < maxKeptBytes ? smallOf(this.#packs) : this.#packs
    const names = new Set(taken.map(({ name }) => name))
    const since = Date.now() - keptForMs
    const known = new Map<string, Line | Entry>([
      ...(this.#lines ?? []),
      ...Object.entries(this.#own),
    ])
    const live = [...known].flatMap(([key, line]) => {
      const { pack, checkedMs } = line
      const isTaken = names.has(pack) || names.has(this.#indexes.get(key) ?? '')
      if (pack === this.#name || checkedMs <= since || !isTaken) return []
      const entry = 'text' in line ? parseLine(line) : line
      return entry === undefined ? [] : [[key, entry] as const]
    })
    let room = maxKeptBytes / 2
    for (const [key, entry] of live.toSorted(
      ([, one], [, other]) => other.checkedMs - one.checkedMs,
    )) {
      if (!names.has(entry.pack)) {
        this.renew(key, entry)
        continue
      }
      room -= entry.length
      const body = room < 0 ? undefined : this.body(entry)
      if (body !== undefined) this.add(key, entry, body)
      else Reflect.deleteProperty(this.#own, key)
    }
    return [...names, ...abandonedIn(this.#folder)]
  }
}

/** Packs of processes that ended before they wrote an index. */
function abandonedIn(folder: string): readonly string[] {
  const files = new Set(readdirSync(folder))
  return [...files].flatMap((file) => {
    const name = file.slice(0, -'.pack'.length)
    if (!file.endsWith('.pack') || files.has(`${name}.index`)) return []
    const found = statSync(join(folder, file), { throwIfNoEntry: false })
    return found !== undefined && Date.now() - found.mtimeMs > abandonedMs ? [name] : []
  })
}

/** The smallest, up to where the next is larger than all before it: so that nothing is copied often. */
function smallOf(packs: readonly Pack[]): readonly Pack[] {
  let sum = 0
  const sorted = packs.toSorted((one, other) => one.sizeBytes - other.sizeBytes)
  const end = sorted.findIndex(({ sizeBytes }, at) => {
    const isLarge = at >= maxPacks / 2 && sizeBytes > sum
    sum += sizeBytes
    return isLarge
  })
  return end === -1 ? sorted : sorted.slice(0, end)
}

function namesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.index'))
    return names.map((name) => name.slice(0, -'.index'.length)).toSorted()
  } catch {
    return [] // There is none yet.
  }
}

/** 0 of an index that only renewed answers of other packs. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function formatLine(key: string, entry: Entry): string {
  return [key, entry.pack, entry.checkedMs, JSON.stringify(entry)].join('\t')
}

/** Undefined where it is damaged: it is only a cache. */
function parseLine({ text }: Line): Entry | undefined {
  try {
    const entry: Entry = JSON.parse(text)
    return Number.isInteger(entry.offset) && Number.isInteger(entry.length) ? entry : undefined
  } catch {
    return undefined
  }
}

function* readIndex(path: string): Generator<readonly [key: string, line: Line]> {
  let rest: string
  try {
    rest = readFileSync(path, 'utf8')
  } catch {
    return // Removed meanwhile.
  }
  if (!rest.startsWith(`${indexHead}\n`)) return // Of another version of Stele.
  for (const line of rest.split('\n').slice(1)) {
    const [key = '', pack = '', checked = ''] = line.split('\t', 3)
    const text = line.slice(key.length + pack.length + checked.length + 3)
    if (text !== '') yield [key, { pack, checkedMs: Number(checked), text }]
  }
}
