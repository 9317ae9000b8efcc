// Takes every release's tarball apart again, and compares it with what the log says of it.
import { isSteleError, SteleError } from '@stele/errors'
import type { Findings } from './findings.ts'
import { maxTarballBytes, parallelFetches } from './limits.ts'
import { fetchBlob } from './log-files.ts'
import { packageNames, type ReleaseRows, readContents, releasesOf } from './packages.ts'
import { forEachParallel } from './parallel.ts'
import type { Difference, VerifyPorts } from './ports.ts'
import type { Replay } from './replay.ts'

/** Checks releases, each once, however often the log is followed. */
export class ReleaseAudit {
  readonly #ports: VerifyPorts
  readonly #replay: Replay
  readonly #findings: Findings
  readonly #seen = new Set<string>()
  #checkedCount = 0

  constructor(ports: VerifyPorts, replay: Replay, findings: Findings) {
    this.#ports = ports
    this.#replay = replay
    this.#findings = findings
  }

  /** Tarballs that were fetched and taken apart. */
  get checkedCount(): number {
    return this.#checkedCount
  }

  /** Checks the releases that are new in the state. */
  async checkNew(): Promise<void> {
    const { state } = this.#replay
    const found = packageNames(state).flatMap((name) => releasesOf(state, name))
    const releases = found.filter((release) => !this.#seen.has(specOf(release)))
    let done = 0
    await forEachParallel(releases, parallelFetches, async (release) => {
      if (this.#findings.isFull) return
      this.#seen.add(specOf(release))
      await this.#findings.gather(() => this.#check(release))
      done++
      this.#ports.progress({ phase: 'tarballs', done, total: releases.length })
    })
  }

  async #check(release: ReleaseRows): Promise<void> {
    const { name, version, entry, contents, versions } = release
    const { exceptions, withheld } = this.#replay
    if (release.isWithheld) {
      exceptions.add(entry, 'tarball', 'its row of the state is withheld')
      return
    }
    const wanted = readContents(contents)
    if (contents === undefined || wanted === undefined || versions === undefined) {
      const found = `contents ${contents}, versions ${versions}`
      throw mismatch(release, { what: 'its rows', found, wanted: 'one of each' })
    }
    const { sha512, size } = wanted
    const maxBytes = Math.min(size, maxTarballBytes)
    const tarball = await fetchBlob(this.#ports.fetch, sha512, { maxBytes, entry })
    if (tarball === undefined) {
      withheld.miss({ blob: sha512 }, entry)
      exceptions.add(entry, 'tarball', 'its tarball is withheld')
      return
    }
    const question = { name, version, tarball, versionsValue: versions, contentsValue: contents }
    const differences =
      tarball.length === size
        ? this.#takeApart(release, question)
        : [{ what: 'its size', found: `${tarball.length}`, wanted: `${size}` }]
    this.#findings.add(...differences.map((difference) => mismatch(release, difference)))
    this.#checkedCount++
  }

  #takeApart(
    release: ReleaseRows,
    question: Parameters<VerifyPorts['checkRelease']>[0],
  ): readonly Difference[] {
    try {
      return this.#ports.checkRelease(question)
    } catch (error) {
      if (!isSteleError(error)) throw error
      const wanted = 'a tarball that can be taken apart'
      throw mismatch(release, { what: 'its tarball', found: error.message, wanted }, error)
    }
  }
}

function specOf({ name, version }: Pick<ReleaseRows, 'name' | 'version'>): string {
  return `${name}@${version}`
}

function mismatch(release: ReleaseRows, difference: Difference, cause?: unknown): SteleError {
  const details = { spec: specOf(release), entry: release.entry, ...difference }
  return new SteleError('release_mismatch', details, { cause })
}
