// An upstream tells another record of a release than it did at first, and the tarball is here: where its own package.json
// tells the same, that has the last word. `learning.ts` does so for a tarball that comes afterwards.
import { hash } from 'node:crypto'
import { maxCorrectingKept } from './limits.ts'
import type { UpstreamPorts } from './ports.ts'
import type { Differing } from './take-in.ts'
import { createTries } from './tries.ts'

type Ports = Pick<UpstreamPorts, 'state' | 'calls' | 'tarballs' | 'takeApart' | 'report'>

/**
 * Compares in the background. What was compared once is not taken apart again, while the process runs; what goes wrong is
 * reported, and tried again a few times when the record is told again.
 */
export function createCorrecting({
  state,
  calls,
  tarballs,
  takeApart,
  report,
}: Ports): (name: string, differences: readonly Differing[]) => Promise<void> {
  const compared = new Set<string>()
  const tries = createTries()

  async function correct(name: string, { version, shown }: Differing): Promise<void> {
    const key = `${name}@${version} ${shown}`
    const chosen = state.chosen(name, version)
    if (chosen === undefined || compared.has(key) || !tries.mayTry(key)) return
    const held = state.contents(name, version) && (await tarballs.find(chosen, name))
    if (held === undefined || compared.has(key)) return
    if (compared.size >= maxCorrectingKept) compared.clear()
    compared.add(key) // Before: it may be told again meanwhile.
    try {
      const { own } = await takeApart(held)
      if (own !== undefined && hash('sha256', own.record, 'hex') === shown) {
        await calls.amend({ name, version, ...own })
      }
      tries.succeeded(key)
    } catch (error) {
      compared.delete(key)
      tries.failed(key)
      throw error
    }
  }

  return async (name, differences) => {
    for (const difference of differences) {
      try {
        await correct(name, difference)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        report({ kind: 'not_learned', spec: `${name}@${difference.version}`, reason })
      }
    }
  }
}
