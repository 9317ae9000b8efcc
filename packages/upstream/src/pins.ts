// What is known of each release of a package: by what it is chosen, and where the upstream has its tarball. What a template
// tells is read there; what none does is kept beside it, one line each, `<version> TAB <integrity> TAB <tarball> TAB <record> LF`,
// so that one is found without reading the others.
import { memberOf, membersOf, parseTolerantJson } from '@stele/formats/json'
import type { PackageName } from '@stele/formats/names'
import { baseMark, readShown } from '@stele/releases/observed'
import { tarballFile } from '@stele/releases/release'

/** A release as it was pinned. `tarball` is the upstream's address, `record` canonical JSON. */
export type Pin = {
  readonly version: string
  readonly integrity: string
  readonly tarball: string
  readonly record: string
}

/** The lines. A release whose tarball's address has control characters is left out: it is no address. */
export function formatPins(pins: readonly Pin[]): string {
  return pins
    .filter(({ tarball }) => isPlain(tarball))
    .map((pin) => `${pin.version}\t${pin.integrity}\t${pin.tarball}\t${pin.record}\n`)
    .join('')
}

/** The inverse of formatPins(), by version. */
export function parsePins(text: string): ReadonlyMap<string, Pin> {
  const pins = text.split('\n').flatMap((line) => {
    const pin = parseLine(line)
    return pin === undefined ? [] : [[pin.version, pin] as const]
  })
  return new Map(pins)
}

/** One of them. */
export function findPin(text: string, version: string): Pin | undefined {
  const start = `${version}\t`
  const at = text.startsWith(start) ? 0 : text.indexOf(`\n${start}`) + 1
  if (at === 0 && !text.startsWith(start)) return undefined
  return parseLine(text.slice(at, text.indexOf('\n', at)))
}

/** Whose releases a template tells, and which of them are wanted. */
type Told = {
  readonly name: PackageName
  /** Where the upstream is. */
  readonly url: string
  readonly isWanted: (version: string) => boolean
}

/** What a template (`Taken.template`) tells of releases, read one by one: all of a large one would take many times its size. */
export function* pinsInTemplate(
  template: Uint8Array,
  { name, url, isWanted }: Told,
): Generator<Pin> {
  const { buffer, byteOffset, length } = template
  const versions = memberOf(Buffer.from(buffer, byteOffset, length), 'versions')
  if (versions === undefined) return
  for (const { key, value } of membersOf(versions)) {
    const version = key.subarray(1, -1).toString()
    if (!isWanted(version)) continue
    const text = value.toString().replaceAll(baseMark, '')
    const manifest = parseTolerantJson(text, `the manifest of "${name}@${version}"`)
    const { releases } = readShown({ name, versions: { [version]: manifest } }, name)
    for (const { integrity, recordText: record } of releases) {
      yield { version, integrity, tarball: usualTarball(url, name, version), record }
    }
  }
}

/** Where registries have their tarballs, all but a few. */
export function usualTarball(url: string, name: PackageName, version: string): string {
  return `${url}/${name}/-/${tarballFile(name, version)}`
}

function parseLine(line: string): Pin | undefined {
  const [version = '', integrity = '', tarball = '', record] = line.split('\t', 4)
  return record === undefined ? undefined : { version, integrity, tarball, record }
}

function isPlain(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- It is control characters that are looked for.
  return !/[\u0000-\u001f]/.test(text)
}
