// The lock of another client: what it holds stays as it was when a project comes to Stele.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { Locked } from '@stele/resolve'
import { parse, parseAllDocuments } from 'yaml'
import { readBunLock, withoutSpareCommas } from './bun.ts'
import { readNpmLock } from './npm.ts'
import { readPnpmLock } from './pnpm.ts'
import { readYarn1Lock, readYarn4Lock } from './yarn.ts'

type Reader = {
  readonly client: string
  readonly read: (text: string) => Locked
}

const npm: Reader = {
  client: 'npm',
  read: (text) => {
    const document = objectOf(JSON.parse(text))
    checkVersion(document['lockfileVersion'], [1, 2, 3, 4])
    return readNpmLock(document)
  },
}

const readers: { readonly [file: string]: Reader } = {
  'npm-shrinkwrap.json': npm,
  'package-lock.json': npm,
  'pnpm-lock.yaml': {
    client: 'pnpm',
    read: (text) => {
      const documents = parseAllDocuments(text, yamlOptions)
      const failed = [...documents].flatMap(({ errors }) => errors)[0]
      if (failed !== undefined) throw failed
      // What comes before the last document is about pnpm itself.
      const document = objectOf([...documents].at(-1)?.toJS(limits))
      checkVersion(Math.trunc(Number(document['lockfileVersion'])), [6, 9])
      return readPnpmLock(document)
    },
  },
  'yarn.lock': {
    client: 'yarn',
    read: (text) =>
      /^__metadata:/m.test(text)
        ? readYarn4Lock(objectOf(parse(text, { ...yamlOptions, ...limits })))
        : readYarn1Lock(text),
  },
  'bun.lock': {
    client: 'bun',
    read: (text) => {
      const document = objectOf(JSON.parse(withoutSpareCommas(text)))
      checkVersion(document['lockfileVersion'], [0, 1, 2])
      return readBunLock(document)
    },
  },
}

/** As JSON would have it: numbers and dates of package versions stay texts only where they are quoted, which lock files do. */
const yamlOptions = { schema: 'core', uniqueKeys: false } as const
/** Nobody writes aliases into lock files; they can be made to grow without end. */
const limits = { maxAliasCount: 0 } as const

/** The names of the files that can be read, with the client that writes each; the first of those that are there counts. */
export const foreignNames: ReadonlyMap<string, string> = new Map(
  Object.entries(readers).map(([file, { client }]) => [file, client]),
)

/** What the file of that name holds. Throws lock_invalid. */
export function readForeignLock(file: string, text: string): Locked {
  const reader = readers[file]
  if (reader === undefined) throw new Error(`No client writes "${file}"`)
  try {
    if (/^<{7} /m.test(text)) throw new Error('it has conflict markers of a merge')
    return reader.read(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('lock_invalid', { path: file, reason }, { cause })
  }
}

function objectOf(value: unknown): JsonObject {
  if (isJsonObject(value)) return value
  throw new Error('it holds no object')
}

function checkVersion(found: unknown, known: readonly number[]): void {
  if (known.some((version) => version === found)) return
  throw new Error(`its version is ${JSON.stringify(found)}; known are ${known.join(', ')}`)
}
