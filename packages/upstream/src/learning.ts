// What the tarball of an upstream's release holds: taken apart once it is here, and told to the log. Its own package.json
// has the last word on a record that the upstream tells otherwise than it did at first.
import { hash } from 'node:crypto'
import { createBatches } from './batching.ts'
import { maxReleasesPerBatch } from './limits.ts'
import type { ApartRelease, HeldTarball, UpstreamPorts } from './ports.ts'
import { createTries } from './tries.ts'

/** A release whose tarball is here. `record` is the one that it was pinned with. */
export type Learned = {
  readonly name: string
  readonly version: string
  readonly record: string
  readonly held: HeldTarball
}

type Ports = Pick<UpstreamPorts, 'state' | 'calls' | 'takeApart' | 'behind' | 'report'>

/**
 * Learns what a tarball holds. Resolves when it is logged; what goes wrong is reported, and tried again a few times with the
 * next requests.
 */
export function createLearning({
  state,
  calls,
  takeApart,
  behind,
  report,
}: Ports): (release: Learned) => Promise<void> {
  const tell = createBatches<ApartRelease>({
    call: calls.contents,
    max: maxReleasesPerBatch,
    keyOf: ({ name, version }) => `${name}@${version}`,
  })

  async function learn({ name, version, record, held }: Learned): Promise<void> {
    if (state.contents(name, version) !== undefined) return
    const apart = await behind(() => takeApart(held))
    if (apart === undefined) return // The next request for it comes back to it.
    const { contents, own } = apart
    await tell({ name, version, contents })
    if (own === undefined || own.record === record) return
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
    if (!tries.mayTry(spec) || running.has(spec)) return
    running.add(spec)
    try {
      await learn(release)
      tries.succeeded(spec)
    } catch (error) {
      tries.failed(spec)
      const reason = error instanceof Error ? error.message : String(error)
      report({ kind: 'not_learned', spec, reason })
    } finally {
      running.delete(spec)
    }
  }
}
