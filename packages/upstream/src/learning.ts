// What the tarball of an upstream's release holds: taken apart once it is here, and told to the log. Its own package.json
// has the last word on a record that the upstream tells otherwise than it did at first.
import { hash } from 'node:crypto'
import { createBatches } from './batching.ts'
import { createFindHeld } from './holding.ts'
import { maxReleasesPerBatch } from './limits.ts'
import type { Apart, ApartRelease, UpstreamPorts } from './ports.ts'
import { createTries } from './tries.ts'

/** A release that was chosen: of thousands that wait, nothing else is held. */
export type Learned = { readonly name: string; readonly version: string }

type Ports = Pick<UpstreamPorts, 'state' | 'calls' | 'tarballs' | 'takeApart' | 'behind' | 'report'>

/**
 * Learns what a tarball holds, if that is not known, and it is here when its turn comes. Resolves when it is logged, with false
 * where its turn never came; what goes wrong is reported, and tried again a few times with the next requests.
 */
export function createLearning(ports: Ports): (release: Learned) => Promise<boolean> {
  const { state, calls, takeApart, behind, report } = ports
  const findHeld = createFindHeld(ports)
  const tell = createBatches<ApartRelease>({
    call: calls.contents,
    max: maxReleasesPerBatch,
    keyOf: ({ name, version }) => `${name}@${version}`,
  })

  async function read({ name, version }: Learned): Promise<Apart | undefined> {
    const integrity = state.chosen(name, version)
    if (integrity === undefined || state.contents(name, version) !== undefined) return undefined
    const held = await findHeld(name, { version, integrity })
    return held && takeApart(held)
  }

  async function learn(release: Learned): Promise<boolean> {
    const { name, version } = release
    if (state.contents(name, version) !== undefined) return true
    const turn = await behind(async () => ({ apart: await read(release) }))
    if (turn?.apart !== undefined) await log(release, turn.apart)
    return turn !== undefined
  }

  async function log({ name, version }: Learned, { contents, own }: Apart): Promise<void> {
    await tell({ name, version, contents })
    if (own === undefined || own.record === state.chosenRecord(name, version)) return
    const digest = hash('sha256', own.record, 'hex')
    const noted = state.differs(name, version)
    if (noted === digest) {
      await calls.amend({ name, version, ...own })
    } else if (noted === undefined) await calls.differ(name, version, digest)
  }

  const tries = createTries()
  const running = new Set<string>()
  return async (release) => {
    const spec = `${release.name}@${release.version}`
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
}
