// The views in memory, for tests of this package: what storage does in SQLite, with a naive search.
import { reducePieces } from '@stele/releases/release'
import type { PackageRow, ViewReader } from '../src/view-reader.ts'
import type { VersionWrite, ViewWrite } from '../src/views.ts'

export type FakeViews = ViewReader & {
  readonly apply: (writes: readonly ViewWrite[]) => void
  readonly dump: () => unknown
}

export function createFakeViews(): FakeViews {
  const packages = new Map<string, PackageRow>()
  const versions = new Map<string, VersionWrite>()
  const stars = new Set<string>()
  const owners = new Set<string>()
  const conflicts: Extract<ViewWrite, { kind: 'conflict' }>[] = []
  const key = (name: string, version: string): string => `${name}@${version}`

  const reshapes = new Map<string, number>()
  const reshape = (name: string): unknown => reshapes.set(name, (reshapes.get(name) ?? 0) + 1)

  function fullBytesOf(name: string): number {
    const its = [...versions.values()].filter((row) => row.name === name)
    return its.reduce((sum, { pieces }) => sum + Buffer.byteLength(pieces.full), 0)
  }

  function withhold(write: ViewWrite): boolean {
    if (write.kind === 'revise_all') {
      for (const [name, row] of packages) packages.set(name, { ...row, rev: write.rev })
    } else if (write.kind === 'withheld_tarball') {
      for (const [at, row] of versions) {
        if (row.pieces.sha512 !== write.sha512) continue
        versions.set(at, { ...row, pieces: reducePieces(row.pieces.full, write.sha512) })
        reshape(row.name)
      }
    } else if (write.kind === 'withheld_entry') {
      for (const [at, { entry, name, version }] of versions) {
        const isKept = write.kept.some((one) => one.name === name && one.version === version)
        if (entry !== write.entry || isKept) continue
        versions.delete(at)
        reshape(name)
        const rest = [...versions.values()].filter((row) => row.name === name)
        const newest = rest.toSorted((a, b) => b.entry - a.entry)[0]?.version ?? null
        const row = packages.get(name)
        if (row?.latest === version) packages.set(name, { ...row, latest: newest })
      }
    } else return false
    return true
  }

  function applyOne(write: ViewWrite): void {
    if (write.kind === 'conflict') conflicts.unshift(write)
    if (withhold(write) || write.kind === 'conflict' || !('name' in write)) return
    const { name } = write
    if (write.kind === 'touch') {
      const {
        createdMs = write.timeMs,
        latest = null,
        starEntry = -1,
        fullBytes = 0,
      } = packages.get(name) ?? {}
      const { rev, timeMs: modifiedMs } = write
      packages.set(name, { rev, createdMs, modifiedMs, latest, starEntry, fullBytes, reshapes: 0 })
    } else if (write.kind === 'version') {
      if (versions.has(key(name, write.version))) reshape(name)
      versions.set(key(name, write.version), write)
    } else if (write.kind === 'gone') {
      versions.delete(key(name, write.version))
      reshape(name)
    } else if (write.kind === 'owner') {
      const owner = JSON.stringify([write.account, name])
      if (write.isOwner) owners.add(owner)
      else owners.delete(owner)
    } else if (write.kind === 'star') {
      const star = JSON.stringify([write.account, name])
      if (write.starred) stars.add(star)
      else stars.delete(star)
      const row = packages.get(name)
      if (row !== undefined) packages.set(name, { ...row, starEntry: write.entry })
    } else {
      const row = packages.get(name)
      if (row === undefined) throw new Error(`latest before touch: ${name}`)
      packages.set(name, { ...row, latest: write.version })
    }
  }

  return {
    apply: (writes) => writes.forEach(applyOne),
    dump: () => ({
      packages: [...packages],
      versions: [...versions],
      stars: [...stars].sort(),
      owners: [...owners].sort(),
      conflicts,
    }),
    snapshot: (read) => read(),
    package: (name) => {
      const row = packages.get(name)
      return row && { ...row, fullBytes: fullBytesOf(name), reshapes: reshapes.get(name) ?? 0 }
    },
    joined: (name, form, { open, tails, publisher: frame, close, after = -1 }) => {
      const its = [...versions.values()]
        .filter((row) => row.name === name && row.entry > after)
        .sort((a, b) => a.entry - b.entry)
      const members = its.map(({ version, publisher, pieces }) => {
        const isTold = frame !== undefined && publisher !== null
        const user = isTold ? frame.join(JSON.stringify(publisher)) : ''
        return `"${version}":${open}${pieces[form]}${tails.get(version) ?? ''}${user}${close}`
      })
      const times = its.map(
        ({ version, timeMs }) => `"${version}":"${new Date(timeMs).toISOString()}"`,
      )
      return {
        versions: Buffer.from(members.join(',')),
        times: times.join(','),
        lastEntry: its.at(-1)?.entry,
      }
    },
    versionNames: (name) =>
      [...versions.values()]
        .filter((row) => row.name === name)
        .sort((a, b) => a.entry - b.entry)
        .map(({ version }) => version),
    version(name, version) {
      const row = versions.get(key(name, version))
      if (row === undefined) return undefined
      const { entry, timeMs, publisher, tags, pieces } = row
      return { entry, timeMs, publisher, tags, summary: pieces.summary }
    },
    text: (name, version, which) => versions.get(key(name, version))?.pieces[which],
    starredBy: (account) =>
      [...stars]
        .map((star): [string, string] => JSON.parse(star))
        .filter(([who]) => who === account)
        .map(([, name]) => name)
        .sort(),
    conflicts: ({ from, size, what }) => {
      const of = (part: string): typeof conflicts => conflicts.filter((one) => one.what === part)
      const found = what === undefined ? conflicts : of(what)
      const counts = { tarball: of('tarball').length, record: of('record').length }
      return { counts, found: found.slice(from, from + size) }
    },
    search({ words, maintainer, from, size }) {
      const isTheirs = (name: string): boolean =>
        maintainer === undefined || owners.has(JSON.stringify([maintainer, name]))
      const found = [...packages].flatMap(([name, { latest }]) =>
        latest !== null && isTheirs(name) && words.every((word) => name.includes(word))
          ? { name, version: latest }
          : [],
      )
      return { total: found.length, found: found.slice(from, from + size) }
    },
  }
}
