// What scanners found: packages that lie in folders and archives beside the registry. They are located, not published: no
// account owns them, and only a SNAPSHOT may change. This method is the host's alone. Spec: spec/release.md, "Located".
import { requireHost } from './accounts.ts'
import { maxLocatedPerCall } from './limits.ts'
import { nameOf } from './names.ts'
import { recordTextOf } from './record.ts'
import { formOf, membersOf, objectOf, refuse, wrong } from './refuse.ts'
import { makeDirectory, read, remove, segment, write } from './system.ts'
import { versionOf } from './versions.ts'

const scannerForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const sha256Form = /^[0-9a-f]{64}$/
const integrityForm = /^sha512-[A-Za-z0-9+/]{86}==$/

/** What is known of a located package, `record` as text: `integrity` is that of its tarball, null where there is none. */
type Located = { files: string; integrity: string | null; record: string; gone?: true }

/**
 * What a scanner found since the last call: `{scanner, packages: [{name, version, files, integrity, record}, …]}`, and
 * `{name, version, gone: true}` for what is not there any more.
 */
export function locate(request: unknown): void {
  requireHost()
  const asked = membersOf(request, 'the request', { wanted: ['scanner', 'packages'] })
  const scanner = formOf(asked['scanner'], 'the scanner', scannerForm)
  const { packages } = asked
  if (!Array.isArray(packages) || packages.length === 0 || packages.length > maxLocatedPerCall) {
    throw wrong('packages', `must be a list of 1 to ${maxLocatedPerCall} packages`)
  }
  makeDirectory('/located')
  makeDirectory(`/located/${scanner}`)
  for (const found of packages) locateOne(`/located/${scanner}`, found)
}

function locateOne(scanner: string, found: unknown): void {
  if (objectOf(found, 'the package')['gone'] !== undefined) {
    takeAway(scanner, found)
    return
  }
  const wanted = ['name', 'version', 'files', 'integrity', 'record']
  const asked = membersOf(found, 'the package', { wanted })
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  const files = formOf(asked['files'], 'the files digest', sha256Form)
  const integrity =
    asked['integrity'] === null ? null : formOf(asked['integrity'], 'the integrity', integrityForm)
  const record = recordTextOf(asked['record'], name, version)
  const directory = `${scanner}/${segment(name)}`
  const text = valueOf({ files, integrity, record })
  const before = read(`${directory}/${version}`)
  if (before === text) return
  if (before !== undefined && !isSnapshot(version)) requireSame(before, { name, version, text })
  write(directory, version, text)
}

/** A release is what it was at first; only that its tarball can be had may be new. */
function requireSame(
  before: string,
  { name, version, text }: { name: string; version: string; text: string },
): void {
  const [was, is] = [parsed(before), parsed(text)]
  const isSame =
    was.files === is.files &&
    was.record === is.record &&
    (was.integrity === null || was.integrity === is.integrity)
  if (isSame) return
  throw refuse(
    'version_exists',
    `Cannot locate ${name}@${version}: it was located with other files, and only a SNAPSHOT may change`,
  )
}

/** A SNAPSHOT leaves nothing behind; of a release it stays known what it was. */
function takeAway(scanner: string, found: unknown): void {
  const asked = membersOf(found, 'the package', { wanted: ['name', 'version', 'gone'] })
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  if (asked['gone'] !== true) throw wrong('"gone"', 'must be true')
  const directory = `${scanner}/${segment(name)}`
  const before = read(`${directory}/${version}`)
  if (before === undefined) {
    throw refuse('version_not_found', `Cannot take ${name}@${version} away: it is not located`)
  }
  if (isSnapshot(version)) remove(`${directory}/${version}`)
  else write(directory, version, valueOf({ ...parsed(before), gone: true }))
}

/** As Maven has it. */
function isSnapshot(version: string): boolean {
  return version.endsWith('-SNAPSHOT')
}

/** Canonical JSON: the members in this order, the record as it was canonical. */
function valueOf({ files, integrity, record, gone }: Located): string {
  const mark = gone === undefined ? '' : '"gone":true,'
  return `{"files":"${files}",${mark}"integrity":${JSON.stringify(integrity)},"record":${record}}`
}

/** The record stays the text that it was: read as JSON and written again, its members might change places. */
function parsed(text: string): Located {
  const { files, integrity }: Pick<Located, 'files' | 'integrity'> = JSON.parse(text)
  const record = text.slice(text.indexOf(recordMark) + recordMark.length, -1)
  return { files, integrity, record }
}

const recordMark = '"record":'
