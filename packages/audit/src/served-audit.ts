// Compares what the registry serves with the replay: packuments, and the tarballs that they point at.
import { hash } from 'node:crypto'
import { isSteleError, SteleError } from '@stele/errors'
import { encodeSegment, isJsonObject, type JsonValue, parseTolerantJson } from '@stele/formats'
import type { Findings } from './findings.ts'
import { maxPackumentBytes, maxTarballBytes, parallelFetches } from './limits.ts'
import { fetchOptional } from './log-files.ts'
import { isHosted, packageNames, type ReleaseRows, readContents, releasesOf } from './packages.ts'
import { forEachParallel } from './parallel.ts'
import type { Difference, VerifyPorts } from './ports.ts'
import type { Replay } from './replay.ts'

/** A form of the packument, asked for as clients ask for it. */
type Form = {
  readonly title: string
  readonly accept: string
  readonly path: (name: string) => string
}

/** What pages and tools read, and what clients install from. */
const forms: readonly Form[] = [
  { title: '', accept: 'application/json, */*', path: (name) => `/${encodeSegment(name)}` },
  {
    title: 'in the abbreviated form, ',
    accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*',
    path: (name) => `/${encodeSegment(name).replace('%2F', '%2f')}`, // As npm writes it.
  },
]

/** Compares packages; those that differ are compared again when the log was followed further. */
export class ServedAudit {
  readonly #ports: VerifyPorts
  readonly #replay: Replay
  readonly #findings: Findings
  readonly #options: { readonly tarballs: boolean }
  readonly #right = new Set<string>()
  readonly #unknown = new Set<string>()
  readonly #rightTarballs = new Set<string>()

  constructor(
    ports: VerifyPorts,
    replay: Replay,
    { findings, tarballs }: { readonly findings: Findings; readonly tarballs: boolean },
  ) {
    this.#ports = ports
    this.#replay = replay
    this.#findings = findings
    this.#options = { tarballs }
  }

  /** Packages whose packument is what the log says. */
  get rightCount(): number {
    return this.#right.size - this.#unknown.size
  }

  /** Packages that could not be compared, since values of the state are withheld. */
  get unknownCount(): number {
    return this.#unknown.size
  }

  /** Compares what was not found right before. Gives what differs: final only if the log has nothing newer. */
  async compareRest(): Promise<readonly SteleError[]> {
    const { state } = this.#replay
    const names = packageNames(state).filter(
      (name) => !this.#right.has(name) && isHosted(state, name) !== false,
    )
    const different: SteleError[] = []
    let done = 0
    await forEachParallel(names, parallelFetches, async (name) => {
      if (this.#findings.isFull) return
      const faults = await this.#faultsOf(name)
      if (faults.length > 0) different.push(...faults)
      else this.#right.add(name)
      done++
      this.#ports.progress({ phase: 'packages', done, total: names.length })
    })
    return different
  }

  async #faultsOf(name: string): Promise<readonly SteleError[]> {
    if (isHosted(this.#replay.state, name) === undefined) {
      this.#unknown.add(name)
      return []
    }
    for (const form of forms) {
      const faults = await this.#faultsOfForm(name, form)
      if (faults.length > 0) return faults // The other form would mostly say the same again.
    }
    return []
  }

  async #faultsOfForm(name: string, form: Form): Promise<readonly SteleError[]> {
    const limits = { maxBytes: maxPackumentBytes, entry: null, accept: form.accept }
    const bytes = await fetchOptional(this.#ports.fetch, form.path(name), limits)
    let served: JsonValue | undefined
    try {
      if (bytes !== undefined) served = parseTolerantJson(decode(bytes), 'the packument')
    } catch (error) {
      if (!isSteleError(error)) throw error
      const what = `${form.title}its packument`
      return [mismatch(name, { what, found: error.message, wanted: 'JSON' })]
    }
    const faults = this.#compare(name, served, form)
    if (faults.length > 0 || !this.#options.tarballs) return faults
    return this.#compareTarballs(name, served)
  }

  #compare(name: string, served: JsonValue | undefined, form: Form): readonly SteleError[] {
    const { state } = this.#replay
    try {
      const differences = this.#ports.compareServed({ name, served, state })
      return differences.map(({ entry, what, ...difference }) =>
        mismatch(name, { what: form.title + what, ...difference }, entry),
      )
    } catch (error) {
      if (!state.takeMetWithheld()) throw error
      this.#unknown.add(name)
      return []
    }
  }

  /** The tarballs where the packument says that they are. They never change, so one look at a right one is enough. */
  async #compareTarballs(
    name: string,
    served: JsonValue | undefined,
  ): Promise<readonly SteleError[]> {
    const faults: SteleError[] = []
    for (const release of releasesOf(this.#replay.state, name)) {
      const address = tarballAddress(served, release.version)
      const place = `${name}@${release.version} ${address}`
      if (address === undefined || this.#rightTarballs.has(place)) continue
      const fault = await this.#compareTarball(release, address)
      if (fault === undefined) this.#rightTarballs.add(place)
      else faults.push(fault)
    }
    return faults
  }

  async #compareTarball(
    { name, version, entry, contents }: ReleaseRows,
    address: string,
  ): Promise<SteleError | undefined> {
    const recorded = readContents(contents)
    if (recorded === undefined) return undefined // Withheld, or found wrong already.
    const { sha512, size } = recorded
    const path = pathBelow(name, address)
    const what = `the tarball of ${version}`
    if (path === undefined) {
      const facts = { what, found: `the address ${address}`, wanted: `one with "/${name}/-/"` }
      return mismatch(name, facts, entry)
    }
    const maxBytes = Math.min(size, maxTarballBytes)
    const { status, bytes } = await this.#ports.fetch(path, maxBytes)
    if (status !== 200) {
      if (this.#replay.withheld.isNamed({ blob: sha512 })) return undefined
      return mismatch(name, { what, found: `status ${status} at ${path}`, wanted: '200' }, entry)
    }
    const found = bytes.length > maxBytes ? `over ${maxBytes} bytes` : hash('sha512', bytes)
    return found === sha512 ? undefined : mismatch(name, { what, found, wanted: sha512 }, entry)
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

/** `dist.tarball` of a version in a packument. */
function tarballAddress(served: JsonValue | undefined, version: string): string | undefined {
  const versions = memberOf(served, 'versions')
  const address = memberOf(memberOf(memberOf(versions, version), 'dist'), 'tarball')
  return typeof address === 'string' ? address : undefined
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The address's path below the registry's root, whatever address the registry goes by in public. */
function pathBelow(name: string, address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const path = new URL(address).pathname
  for (const form of [name, encodeSegment(name), name.replace('/', '%2f')]) {
    const at = path.lastIndexOf(`/${form}/-/`)
    if (at >= 0) return path.slice(at)
  }
  return undefined
}

function mismatch(
  name: string,
  { what, found, wanted }: Difference,
  entry: number | null = null,
): SteleError {
  return new SteleError('served_mismatch', { name, entry, what, found, wanted })
}
