// What the tarball of an upstream's release holds: taken apart once it is here, and told to the log. Its own package.json
// has the last word on a record that the upstream tells otherwise than it did at first.
import { hash } from 'node:crypto'
import { createBatches } from './batching.ts'
import { createFindHeld } from './find-held.ts'
import { maxReleasesPerBatch } from './limits.ts'
import type { Apart, ApartRelease, UpstreamPorts } from './ports.ts'
import { createTries } from './tries.ts'

/** A release that was chosen: of thousands that wait, nothing else is held. */
export type Learned = { readonly name: string; readonly version: string }

type Ports = Pick<UpstreamPorts, 'state' | 'calls' | 'tarballs' | 'takeApart' | 'behind' | 'report'>

/** Learns what tarballs hold. Nothing is learned of a name that this registry took over: the log would refuse it. */
export type Learning = {
  /** Behind the requests. False where its turn never came; what goes wrong is reported, and tried again a few times. */
  readonly soon: (release: Learned) => Promise<boolean>
  /** At once. Throws what goes wrong, unless that was tried too often. */
  readonly now: (release: Learned) => Promise<void>
}

/** What is learned is what is not known yet, of a tarball that is here by then. Resolves when it is logged. */
export function createLearning(ports: Ports): Learning {
  const { behind, report } = ports
  const { isOver, read, log } = createSteps(ports)

  async function learn(release: Learned): Promise<boolean> {
    if (isOver(release)) return true
    const turn = await behind(async () => ({ apart: await read(release) }))
    if (turn?.apart !== undefined) await log(release, turn.apart)
    return turn !== undefined
  }

  const tries = createTries()
  const running = new Set<string>()
  const soon: Learning['soon'] = async (release) => {
    const spec = specOf(release)
    if (!tries.mayTry(spec) || running.has(spec)) return true
    running.add(spec)
    try {
      const isDone = await learn(release)
      if (isDone) tries.succeeded(spec)
      return isDone
    } catch (error) {
      tries.failed(spec)
      const reason = error instanceof Error ? error.message : String(error)
      report({ kind: 'not_learned', spec, reason })
      return true
    } finally {
      running.delete(spec)
    }
  }
  const now: Learning['now'] = async (release) => {
    const spec = specOf(release)
    if (!tries.mayTry(spec)) return
    try {
      const apart = await read(release)
      if (apart !== undefined) await log(release, apart)
      tries.succeeded(spec)
    } catch (error) {
      tries.failed(spec)
      throw error
    }
  }
  return { soon, now }
}

/** Learning, step by step. */
type Steps = {
  /** True where nothing is to be learned, by now. */
  readonly isOver: (release: Learned) => boolean
  /** Takes the tarball apart, where that is here and to be done. */
  readonly read: (release: Learned) => Promise<Apart | undefined>
  readonly log: (release: Learned, apart: Apart) => Promise<void>
}

function createSteps(ports: Ports): Steps {
  const { state, calls, takeApart } = ports
  const findHeld = createFindHeld(ports)
  const tell = createBatches<ApartRelease>({
    call: calls.contents,
    max: maxReleasesPerBatch,
    keyOf: specOf,
  })

  const isOver = ({ name, version }: Learned): boolean =>
    state.origin(name) === 'hosted' || state.contents(name, version) !== undefined

  async function read(release: Learned): Promise<Apart | undefined> {
    const { name, version } = release
    const integrity = state.chosen(name, version)
    if (integrity === undefined || isOver(release)) return undefined
    const held = await findHeld(name, { version, integrity })
    return held && takeApart(held)
  }

  async function log(release: Learned, { contents, own }: Apart): Promise<void> {
    const { name, version } = release
    if (isOver(release)) return // By now.
    await tell({ name, version, contents })
    if (own === undefined || own.record === state.chosenRecord(name, version)) return
    if (state.origin(name) === 'hosted') return
    const digest = hash('sha256', own.record, 'hex')
    const noted = state.differs(name, version)
    if (noted === digest) {
      await calls.amend({ name, version, ...own })
    } else if (noted === undefined) await calls.differ(name, version, digest)
  }
  return { isOver, read, log }
}

function specOf({ name, version }: Learned): string {
  return `${name}@${version}`
}
