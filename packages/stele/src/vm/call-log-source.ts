// What a call log is read from: a service of this process, an address, a folder.
import { entryKinds } from '@stele/entries/leaf'
import { type KeptEntry, readBodyPart } from '@stele/entries/parts'
import { SteleError } from '@stele/errors'

/** Where the entries come from. */
export type CallLogSource = {
  readonly size: () => number
  readonly entries: (
    start: number,
    count: number,
  ) => Promise<readonly KeptEntry[]> | readonly KeptEntry[]
  /** A blob of the log by its hex SHA-512. */
  readonly blob: (name: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined
  readonly filesArchiveUrl: string
  /** Where the files were served when the log was fetched. */
  readonly filesAddress?: string
}

/** The program that the log began with, whatever it runs by now. Throws `copy_incomplete` where the log lacks it. */
export async function genesisCode(source: CallLogSource): Promise<string> {
  const name = await genesisScript(source)
  const bytes = name === undefined ? undefined : await source.blob(name)
  if (bytes !== undefined) return Buffer.from(bytes).toString()
  const reason = name === undefined ? 'its first entry is withheld' : `it lacks its script ${name}`
  throw new SteleError('copy_incomplete', { url: source.filesArchiveUrl, reason })
}

async function genesisScript({ entries }: CallLogSource): Promise<string | undefined> {
  const [first] = await entries(0, 1)
  if (first === undefined || first.body === null) return undefined
  const { kind, body } = readBodyPart(entryKinds.genesis, first.body)
  return kind === entryKinds.genesis ? body.script : undefined
}
