// The settings of the server: each package has a section, faces have their own; the file is read here, and only here.
import { existsSync } from 'node:fs'
import { type AccountsSettings, accountsSection } from '@stele/accounts'
import { reasonOf, SteleError } from '@stele/errors'
import { type EdgeSettings, edgeSection } from '@stele/http'
import { type AnySection, readSection, refuseUnknown } from '@stele/settings'
import { parse as parseYaml } from 'yaml'
import type { ReadSection } from '../services/faces.ts'
import { kinds } from '../services/kinds.ts'
import { readUserFile } from '../user-file.ts'
import { type ServerSettings, serverSection } from './server.ts'

/** Where settings come from. `flags` are as typed, without the dashes. */
export type SettingSources = {
  readonly flags: { readonly [name: string]: string | boolean | undefined }
  readonly environment: { readonly [name: string]: string | undefined }
  /** The file that was asked for; without one, `stele.yaml` is read where it exists. */
  readonly file: string | undefined
}

/** What the server is told. The sections of faces are read by `read`: only they know them. */
export type Settings = EdgeSettings &
  AccountsSettings &
  ServerSettings & { readonly read: ReadSection }

const servers = await Promise.all(kinds.map((kind) => kind.server()))

/** All sections, in the order of help. */
export const sections: readonly AnySection[] = [
  edgeSection,
  serverSection,
  accountsSection,
  ...servers.flatMap(({ sections: own }) => own),
]

const defaultFile = 'stele.yaml'
/** Variables with the prefix that are not settings of the server. */
const otherVariables = ['CONFIG', 'TUNE_MEMORY']

/** The settings. Throws `setting_invalid`, `setting_unknown`, `data_invalid`, naming the key and where it was found. */
export function loadSettings({ flags, environment, file: named }: SettingSources): Settings {
  const isOfVariable = named !== undefined && environment['STELE_CONFIG'] === named
  const file = readFile(named, isOfVariable ? 'STELE_CONFIG' : '--config')
  const sources = { flags, environment, file }
  refuseUnknown(sections, sources, otherVariables)
  const read: ReadSection = (section) => readSection(section, sources)
  for (const { check } of servers) check(read)
  return { ...read(edgeSection), ...read(accountsSection), ...read(serverSection), read }
}

type FileSettings = { readonly path: string; readonly members: { readonly [key: string]: unknown } }

function readFile(named: string | undefined, source: string): FileSettings {
  const path = named ?? defaultFile
  if (!existsSync(path)) {
    if (named === undefined) return { path, members: {} }
    const found = JSON.stringify(path)
    const details = { key: 'config', source, found, wanted: 'a file that is there' }
    throw new SteleError('setting_invalid', details)
  }
  const found = parseFile(path)
  if (found === null || found === undefined) return { path, members: {} }
  if (typeof found !== 'object' || Array.isArray(found)) {
    throw new SteleError('data_invalid', { path, reason: 'it is not a list of "key: value" lines' })
  }
  return { path, members: Object.fromEntries(Object.entries(found)) }
}

function parseFile(path: string): unknown {
  const text = readUserFile(path)
  try {
    return parseYaml(text, { maxAliasCount: 0 })
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new SteleError('data_invalid', { path, reason }, { cause })
  }
}
