// Answers the questions of a service's checks.

import { type Fault, faultOf } from './faults.ts'
import { parallelFetches } from './limits.ts'
import { fetchBlob } from './log-files.ts'
import { forEachParallel } from './parallel.ts'
import type { VerifyPorts } from './ports.ts'
import type { CheckJob, CheckOutcome, CheckTools } from './service-checks.ts'
import type { SharedRows } from './shared-rows.ts'
import { StateView } from './state-view.ts'

type CheckPorts = Pick<VerifyPorts, 'fetch' | 'checks'> & { readonly rows: SharedRows }

/** What the checks are given. */
export function checkTools({ fetch, rows }: CheckPorts, contents: boolean): CheckTools {
  const state = new StateView(rows)
  return {
    state,
    fetch,
    contents,
    fetchBlob: (name, limits) => fetchBlob(fetch, name, limits),
  }
}

/** Makes the checks of a job, a few side by side; outcomes in the order of the items. */
export async function runChecks(ports: CheckPorts, job: CheckJob): Promise<CheckOutcome[]> {
  const { checkContent, checkServed } = ports.checks
  const check = job.kind === 'content' ? checkContent : checkServed
  const outcomes: CheckOutcome[] = []
  await forEachParallel(job.items.entries(), parallelFetches, async ([position, item]) => {
    outcomes[position] = await runCheck(ports, (tools) => check(item, tools), job.contents)
  })
  return outcomes
}

/** Makes one check. What it throws for a withheld value makes it unknown; a fault that it throws is one that it found. */
export async function runCheck(
  ports: CheckPorts,
  check: (tools: CheckTools) => Promise<CheckOutcome>,
  contents: boolean,
): Promise<CheckOutcome> {
  const state = new StateView(ports.rows) // Of its own: what it meets must not be mixed up with another check's.
  try {
    return await check({ ...checkTools(ports, contents), state })
  } catch (error) {
    if (state.takeMetWithheld()) return { ...nothing, unknown: 'values of its state are withheld' }
    const fault = faultOf(error)
    if (fault === undefined) throw error
    return { ...nothing, faults: [fault] }
  }
}

const nothing: { readonly faults: readonly Fault[]; readonly missing: [] } = {
  faults: [],
  missing: [],
}
