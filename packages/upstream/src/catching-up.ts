// Releases of which the log does not tell what they hold though their tarballs may be here: the process ended before their turn
// came, or too much waited. They are looked for behind the requests, a few packages at a time.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Learned, Learning } from './learning.ts'
import { maxReleasesPerBatch, namesPerLook } from './limits.ts'
import type { UpstreamPorts } from './ports.ts'

/** What is learned behind the requests, also of what was left out. */
type CatchingUp = {
  /** As `Learning.soon`, and what was left out meanwhile, once nothing waits any more. */
  readonly learn: (release: Learned) => Promise<void>
  /** Learns what is not known yet. Resolves when it is, or when the server stops. */
  readonly catchUp: () => Promise<void>
}

/** `learnSoon` gives false where a release was left out. */
export function createCatchingUp(
  { state, behind }: Pick<UpstreamPorts, 'state' | 'behind'>,
  learnSoon: Learning['soon'],
): CatchingUp {
  let waiting = 0
  let isLeftOut = false
  let isLooking = false

  const learn = async (release: Learned): Promise<void> => {
    waiting += 1
    try {
      if (!(await learnSoon(release))) isLeftOut = true
    } finally {
      waiting -= 1
    }
    if (waiting === 0 && isLeftOut) await catchUp()
  }

  /** Gives false where there is no room for it, or the server stops. */
  const lookThrough = async (): Promise<boolean> => {
    const names = state.names()
    let isDone = false
    const look = async (): Promise<readonly Learned[]> => {
      await nextTurn() // Others are answered between two looks.
      const found: Learned[] = []
      for (let count = 0; count < namesPerLook && !isDone; count++) {
        const { value: name = '', done = false } = names.next()
        isDone = done
        if (!done) found.push(...state.unlearned(name).map((version) => ({ name, version })))
      }
      return found
    }
    while (!isDone) {
      const found = await behind(look)
      if (found === undefined) return false
      for (let done = 0; done < found.length; done += maxReleasesPerBatch) {
        await Promise.all(found.slice(done, done + maxReleasesPerBatch).map(learn))
      }
    }
    return true
  }

  const catchUp = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      do isLeftOut = false
      while ((await lookThrough()) && isLeftOut)
    } finally {
      isLooking = false
    }
  }
  return { learn, catchUp }
}
