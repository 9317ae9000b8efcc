// The checks that a script's service adds to the audit of its log: each file, and each folder's listing, as the calls left them.
import type { AuditedState, CheckOutcome, CheckTools, ServiceChecks } from '@stele/audit/checks'
import { faultWeights } from '@stele/audit/report'
import type { CheckItem } from '@stele/entries/checks'
import { filesRoot, logRoot, parseListing } from '@stele/entries/paths'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { maxFileBytes } from '../sources/limits.ts'
import { firstDifference, quoteBytes } from './byte-difference.ts'
import { filesPath, joinPath, rowOf } from './file-paths.ts'
import { shownBytes } from './limits.ts'

/** What the reports of such services count. */
const fileNouns = {
  content: { one: 'blob', many: 'blobs' },
  served: { one: 'file or folder', many: 'files and folders' },
} as const

const statusOk = 200
const right: CheckOutcome = { faults: [], missing: [] }

/** The checks. `areWanted`: where there are no files that is a fault; else only the log was copied. */
export function createFileChecks({ areWanted }: { readonly areWanted: boolean }): ServiceChecks {
  return {
    nouns: fileNouns,
    contents: () => [],
    checkContent: async () => right,
    isServed: async (tools) => areWanted || (await areServed(tools)),
    served: listFiles,
    checkServed: ({ key, entry, facts }, tools) =>
      facts['kind'] === 'folder' ? compareFolder(key, entry, tools) : compareFile(key, tools),
    checkListings: async () => right,
    notCompared: ['pages for browsers', `the list of calls at ${logRoot}`],
  }
}

/** A service lists its files; one that does not tells of them all the same. */
async function areServed({ fetch }: CheckTools): Promise<boolean> {
  const files = await fetch(filesRoot, maxFileBytes, 'application/json')
  if (files.status === statusOk && parseListing(files.bytes) !== undefined) return true
  const home = await fetch('/', maxFileBytes, 'application/json')
  const service = home.status === statusOk ? parse(home.bytes) : undefined
  return isJsonObject(service) && service['filesArchiveUrl'] !== undefined
}

/** Every folder, the root first, and every file. */
function listFiles(state: AuditedState): readonly CheckItem[] {
  const items: CheckItem[] = [{ key: '/', entry: 0, facts: { kind: 'folder' } }]
  const folders = ['/']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of state.list(folder)) {
      const kind = name.endsWith('/') ? 'folder' : 'file'
      const entry = state.row(folder, name)?.entry ?? 0
      const key = joinPath(folder, kind === 'folder' ? name.slice(0, -1) : name)
      items.push({ key, entry, facts: { kind } })
      if (kind === 'folder') folders.push(key)
    }
  }
  return items
}

async function compareFolder(
  path: string,
  entry: number,
  tools: CheckTools,
): Promise<CheckOutcome> {
  const { status, bytes } = await tools.fetch(filesPath(path), maxFileBytes, 'application/json')
  if (status !== statusOk) {
    return fault({
      path,
      entry,
      what: 'the folder',
      found: `status ${status}`,
      wanted: 'a listing',
    })
  }
  const found = parseListing(bytes)
  if (found === undefined) {
    const facts = { found: quoteBytes(bytes, 0, shownBytes), wanted: 'its names' }
    return fault({ path, entry, what: 'its listing', ...facts })
  }
  const wanted = tools.state.list(path)
  const [is, should] = [new Set(found), new Set(wanted)]
  const missing = wanted.find((name) => !is.has(name))
  if (missing !== undefined) {
    const row = tools.state.row(path, missing)
    const facts = { found: `no ${JSON.stringify(missing)}`, wanted: 'it' }
    return fault({ path, entry: row?.entry ?? entry, what: 'its listing', ...facts }, 'absent')
  }
  const more = found.find((name) => !should.has(name))
  if (more === undefined && found.length === wanted.length) return right
  const name = more ?? found.find((one, at) => found.indexOf(one) !== at) ?? ''
  const facts = { found: JSON.stringify(name), wanted: 'only what its calls wrote' }
  return fault({ path, entry: null, what: 'its listing', ...facts })
}

async function compareFile(path: string, { state, fetch }: CheckTools): Promise<CheckOutcome> {
  const { object, field } = rowOf(path)
  const row = state.row(object, field)
  if (row === undefined) throw new Error('What is listed has a row')
  const { value, entry } = row
  if (!(value instanceof Uint8Array)) return { ...right, unknown: 'its value is withheld' }
  const { status, bytes } = await fetch(filesPath(path), value.length)
  if (status !== statusOk) {
    const facts = { found: `status ${status}`, wanted: `${value.length} bytes` }
    return fault({ path, entry, what: 'the file', ...facts }, 'absent')
  }
  if (Buffer.compare(bytes, value) === 0) return right
  const at = firstDifference(bytes, value)
  const what = `its bytes from number ${at} on`
  return fault({
    path,
    entry,
    what,
    found: quoteBytes(bytes, at, shownBytes),
    wanted: quoteBytes(value, at, shownBytes),
  })
}

type Differs = {
  readonly path: string
  readonly entry: number | null
  readonly what: string
  readonly found: string
  readonly wanted: string
}

function fault(
  { path, ...details }: Differs,
  weight: 'served' | 'absent' = 'served',
): CheckOutcome {
  const found = { code: 'served_mismatch', details: { name: path, ...details } } as const
  return { faults: [{ ...found, weight: faultWeights[weight] }], missing: [] }
}

function parse(bytes: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
