// Located packages of a registry: what scanners find goes into the log first, and then is shown, from where it lies.
import { hash } from 'node:crypto'
import type { StateReader } from '@stele/entries/calls'
import { isSteleError, SteleError } from '@stele/errors'
import {
  fitsLocated,
  isSnapshot,
  type LocatedRow,
  type Locating,
  readLocated,
  walkLocated,
} from '@stele/registry/located'
import type { Finding, Found, ScanNews } from '@stele/scanner'
import { maxTroublesKept, rowsAtOnce, scanRetryS } from './limits.ts'

/** A version that is located: as the log knows it, and where it was found since the start. */
export type Located = { readonly row: LocatedRow; readonly finding?: Finding }

/** What this needs. */
export type LocatedPorts = {
  readonly state: StateReader
  /** The scanners, in the order in which a version is theirs. */
  readonly scanners: readonly string[]
  /** Puts it into the log. Throws rule_refused where the rules do not take it, and what writing throws. */
  readonly locate: (scanner: string, found: readonly Locating[]) => Promise<void>
  /** True for a blob that the log has, or had: what was taken down stays down. */
  readonly hasBlob: (name: string) => boolean
  readonly report: (event: { readonly event: string; readonly [fact: string]: unknown }) => void
}

/** What is located. */
export type Shelf = {
  /** Reads what the log knows. `pause` resolves when others had their turn. */
  readonly load: (pause: () => Promise<void>) => Promise<void>
  /** Takes what a scanner says; false where it could not be logged now. */
  readonly take: (news: ScanNews) => Promise<boolean>
  readonly names: () => readonly string[]
  /** The versions of a name that are there, each of the first scanner that has it. */
  readonly versions: (name: string) => readonly Located[]
  /** The files digests of all that the log knows, whether or not it is there. */
  readonly knownFiles: () => ReadonlySet<string>
}

/** An empty shelf. */
export function createShelf(ports: LocatedPorts): Shelf {
  const rows = createRows(ports)
  const findings = new Map<string, Finding>()
  const tell = createTelling(ports)
  let isRefused = false

  /** What the log is to be told of it; undefined where it knows it, or cannot take it. */
  function changeOf(scanner: string, { finding, tarball }: Found): Locating | undefined {
    const { name, version, files, record } = finding
    const row = rowOf(ports.state, { scanner, name, version })
    if (row === 'withheld') {
      tell('located_withheld', { package: `${name}@${version}`, next: withheldNext })
      return undefined
    }
    findings.set(findingKey({ scanner, name, version }), finding)
    const integrity = finding.distribution?.integrity ?? row?.integrity ?? null
    const wanted = { name, version, files, record, integrity }
    if (!fitsLocated(row, wanted)) {
      const place = finding.place.path
      tell('located_release_changed', { package: `${name}@${version}`, place, next: changedNext })
      return undefined
    }
    const blob = tarball && { name: hash('sha512', tarball, 'hex'), bytes: tarball }
    const isKept = blob === undefined || ports.hasBlob(blob.name)
    if (row !== undefined && isSame(row, wanted) && isKept) return undefined
    return { ...wanted, ...(!isKept && { tarball: blob }) }
  }

  /** True where nobody is to try again. */
  async function log(scanner: string, changes: readonly Locating[]): Promise<boolean> {
    try {
      await ports.locate(scanner, changes)
      return true
    } catch (error) {
      if (!isSteleError(error)) throw error
      const reason = error.message
      isRefused = error.code === 'rule_refused'
      if (isRefused) tell('located_refused', { reason, next: refusedNext })
      else tell('located_not_logged', { reason })
      return isRefused
    } finally {
      for (const { name, version } of changes) rows.refresh({ scanner, name, version })
    }
  }

  return {
    load: rows.load,
    names: rows.names,
    knownFiles: rows.knownFiles,
    versions: (name) =>
      rows.versions(name).map((row) => {
        const finding = findings.get(findingKey(row))
        return { row, ...(finding && { finding }) }
      }),
    async take({ scanner, found, present, troubles }) {
      for (const { place, reason } of troubles) tell('scanner_trouble', { scanner, place, reason })
      if (isRefused) return true
      const changes = found.flatMap((one) => changeOf(scanner, one) ?? [])
      const gone = present === undefined ? [] : rows.goneOf(scanner, new Set(present))
      return log(scanner, [...changes, ...gone])
    },
  }
}

const changedNext =
  'it stays listed as it was, and what differs is not served; put the files back, or give it another version: only a SNAPSHOT may change'

/** Nothing of it is asked again before the next start: each refused call is an entry of the log. */
const refusedNext =
  'nothing more is located until the server starts again; where the log runs the rules of an earlier release, "stele rules update" changes them'

/** The rules would read it too, and no call that does can be taken any more. */
const withheldNext = 'what the log knew of it was taken down, so that nothing of it is shown'

/** As the log knows it; `withheld` where that was taken down. */
function rowOf(state: StateReader, place: Place): LocatedRow | 'withheld' | undefined {
  try {
    return readLocated(state, place)
  } catch (error) {
    if (isSteleError(error, 'value_withheld')) return 'withheld'
    throw error
  }
}

type Place = Pick<LocatedRow, 'scanner' | 'name' | 'version'>

/** What the log knows of the scanners of this server. */
function createRows({ state, scanners }: Pick<LocatedPorts, 'state' | 'scanners'>): Pick<
  Shelf,
  'load' | 'names' | 'knownFiles'
> & {
  readonly refresh: (place: Place) => void
  readonly versions: (name: string) => readonly LocatedRow[]
  readonly goneOf: (scanner: string, present: ReadonlySet<string>) => readonly Locating[]
} {
  /** By name, then by version and scanner. */
  const names = new Map<string, Map<string, LocatedRow>>()

  function put(row: LocatedRow): void {
    if (!scanners.includes(row.scanner)) return
    const rows = names.get(row.name) ?? new Map<string, LocatedRow>()
    names.set(row.name, rows)
    rows.set(rowKey(row), row)
  }

  const all = (): readonly LocatedRow[] => [...names.values()].flatMap((rows) => [...rows.values()])
  return {
    async load(pause) {
      let count = 0
      for (const row of walkLocated(state)) {
        put(row)
        count += 1
        if (count % rowsAtOnce === 0) await pause()
      }
    },
    refresh(place) {
      const row = rowOf(state, place)
      const rows = names.get(place.name)
      if (row !== undefined && row !== 'withheld') put(row)
      else if (rows?.delete(rowKey(place)) === true && rows.size === 0) names.delete(place.name)
    },
    names: () => [...new Set(all().flatMap(({ name, gone }) => (gone ? [] : [name])))].sort(),
    versions: (name) => {
      const rows = [...(names.get(name)?.values() ?? [])].filter(({ gone }) => !gone)
      const lastFirst = rows.sort(
        (a, b) => scanners.indexOf(b.scanner) - scanners.indexOf(a.scanner),
      )
      return [...new Map(lastFirst.map((row) => [row.version, row])).values()]
    },
    goneOf: (scanner, present) =>
      all()
        .filter((row) => row.scanner === scanner && !row.gone)
        .filter(({ name, version }) => !present.has(`${name}@${version}`))
        .map(({ name, version }) => ({ name, version, gone: true }) as const),
    knownFiles: () => new Set(all().map(({ files }) => files)),
  }
}

/** Each trouble is told once. */
function createTelling({
  report,
}: Pick<LocatedPorts, 'report'>): (event: string, facts: Readonly<Record<string, string>>) => void {
  const told = new Set<string>()
  return (event, facts) => {
    const key = JSON.stringify([event, facts])
    if (told.has(key)) return
    if (told.size >= maxTroublesKept) told.clear()
    told.add(key)
    report({ event, ...facts })
  }
}

function rowKey({ scanner, version }: Pick<Place, 'scanner' | 'version'>): string {
  return `${version} ${scanner}`
}

function findingKey({ scanner, name, version }: Place): string {
  return `${scanner} ${name}@${version}`
}

function isSame(
  row: LocatedRow,
  wanted: Pick<LocatedRow, 'files' | 'integrity' | 'record'>,
): boolean {
  const { files, record, integrity } = wanted
  return !row.gone && row.files === files && row.record === record && row.integrity === integrity
}

/** True for a release whose files are others than those that were located: only its operator can mend that. */
export function isChanged({ row, finding }: Located): boolean {
  return finding !== undefined && finding.files !== row.files && !isSnapshot(row.version)
}

/** The error for what is not as the log knows it, or cannot be read now. */
export function notAsLocated(one: Located, what: string): SteleError {
  const spec = `${one.row.name}@${one.row.version}`
  if (isChanged(one)) return new SteleError('located_changed', { spec, what })
  const reason = `${what} of ${spec} is being scanned, since its files have changed`
  return new SteleError('server_busy', { reason, retryAfterS: scanRetryS })
}
