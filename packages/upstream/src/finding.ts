// Finds by what a release is chosen: as it was pinned, read in what is kept of its packument, which is asked for anew where that
// does not tell it. What is kept can lack it, or tell less of it: a shortened packument may be all that is left of it.
import { hash } from 'node:crypto'
import { isSteleError } from '@stele/errors'
import { type PackageName, parseVersion } from '@stele/formats/names'
import type { Form } from '@stele/releases/release'
import { createFlights } from './flights.ts'
import { askAgainMs, maxAskedAgain } from './limits.ts'
import { unpack, unpackBytes } from './pack.ts'
import type { Packuments } from './packuments.ts'
import { findPin, type Pin, pinsInTemplate } from './pins.ts'
import { forms, type Upstream, type UpstreamPorts } from './ports.ts'

/** A release that is to be fetched. `chosen` is the integrity that it was chosen with before. */
export type WantedRelease = {
  readonly name: PackageName
  readonly version: string
  readonly chosen: string | undefined
  /** Throws where it must not be chosen. Called when its pin is found, where it was not chosen before. */
  readonly refuse?: (() => Promise<void>) | undefined
}

/** A release's pin, as the log has it. Throws what asking for its packument throws. */
export type PinFinder = (upstream: Upstream, wanted: WantedRelease) => Promise<Pin | undefined>

/** A finder that has asked for nothing yet. */
export function createPinFinder(
  { kept, state, now }: Pick<UpstreamPorts, 'kept' | 'state' | 'now'>,
  { prepare, currentForms }: Packuments,
): PinFinder {
  const mayAskAgain = createAskingAgain(now)
  const mayAskWhole = createAskingAgain(now)
  const fly = createFlights<unknown>() // Whoever comes meanwhile waits for the same answer.
  return async (upstream, release) => {
    const { name, version } = release
    if (!isVersion(version)) return undefined
    const find = (told: readonly Form[]): Found =>
      findPinned({ kept, state }, { ...release, url: upstream.url, told })
    const ofLog = release.chosen === undefined ? currentForms(name) : forms
    const known = ofLog.length === 0 ? undefined : find(ofLog)
    if (typeof known === 'object') return known
    const wanted = { name, form: 'abbreviated' as const }
    const checkedMs = kept.head(name, wanted.form)?.checkedMs
    const head = await prepare(upstream, wanted)
    const found = find(forms)
    if (typeof found === 'object') return found
    if (found === 'otherwise') {
      await fly(name, async () => {
        if (mayAskWhole(name)) await prepare(upstream, { ...wanted, isWhole: true })
      })
    } else {
      const isNowhere = head === undefined && kept.head(name, wanted.form)?.checkedMs !== checkedMs
      if (isNowhere || !mayAskAgain(name)) return undefined
      await prepare(upstream, { ...wanted, isStale: true }) // It may be a minute old.
    }
    const last = find(forms)
    return typeof last === 'object' ? last : undefined
  }
}

/** The pin; `otherwise` where all that is kept of the release is not as it was seen. */
type Found = Pin | 'otherwise' | undefined

type Asked = WantedRelease & {
  readonly url: string
  /** The packuments that may tell it. */
  readonly told: readonly Form[]
}

function findPinned({ kept, state }: Pick<UpstreamPorts, 'kept' | 'state'>, asked: Asked): Found {
  const { name, version, chosen } = asked
  let found: Found
  for (const pin of pinsOf(kept, asked)) {
    if (chosen !== undefined) return pin // Its record is in the log.
    const line = state.seen(name, version)
    if (line === undefined) return undefined // The log would refuse to choose it.
    const isAsSeen =
      line.integrity === pin.integrity && line.recordDigest === hash('sha256', pin.record, 'hex')
    if (isAsSeen) return pin
    found = 'otherwise'
  }
  return found
}

/** What is kept of a release beside the packuments, and what each of them tells. */
function* pinsOf(kept: UpstreamPorts['kept'], asked: Asked): Generator<Pin> {
  const { name, version, url, told } = asked
  const pins = kept.pins(name)
  const found = pins === undefined ? undefined : findPin(unpack(pins), version)
  if (found !== undefined) yield found
  const isWanted = (one: string): boolean => one === version
  for (const form of told) {
    const template = kept.template(name, form)
    if (template !== undefined)
      yield* pinsInTemplate(unpackBytes(template), { name, url, isWanted })
  }
}

/** Whether a name may be asked for once more at once: anybody can make up versions that it does not have. */
function createAskingAgain(now: () => number): (name: string) => boolean {
  const askedMs = new Map<string, number>() // The oldest first.
  return (name) => {
    for (const [one, atMs] of askedMs) {
      if (now() - atMs < askAgainMs && askedMs.size < maxAskedAgain) break
      askedMs.delete(one)
    }
    if (askedMs.has(name)) return false
    askedMs.set(name, now())
    return true
  }
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch (error) {
    if (isSteleError(error, 'version_invalid')) return false
    throw error
  }
}
