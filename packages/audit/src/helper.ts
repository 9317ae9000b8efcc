// Another thread's end of a verification: runs calls and makes checks over the state that the carrying thread shares.
import { BlobCache } from './blob-cache.ts'
import { CallRunner } from './call-runner.ts'
import { runChecks } from './check-runner.ts'
import type { Helper, VerifyPorts } from './ports.ts'
import { type RowsMemory, SharedRows } from './shared-rows.ts'

/** The state's memory, and how to hear of what is added to it. */
export type HelperData = {
  readonly memory: RowsMemory
  readonly fetchMore: () => readonly SharedArrayBuffer[]
}

/** What a thread answers with. */
export function createHelper(
  ports: Pick<VerifyPorts, 'fetch' | 'createExecutor' | 'watch' | 'checks'>,
  { memory, fetchMore }: HelperData,
): Helper {
  const rows = new SharedRows(memory, fetchMore)
  const runner = new CallRunner(ports, { rows, blobs: new BlobCache(ports.fetch) })
  return {
    run: (job) => runner.run(job),
    check: (job) => runChecks({ ...ports, rows }, job),
  }
}
