// Clones a service from its peers: what comes is checked by stele's own clone, which asks for every file of the log by its name.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  type CloneReport,
  type CloneOptions as Cloning,
  cloneService,
  requireCloneFolder,
  SteleError,
} from 'stele/clone'
import { formatAddress, parseAddress } from './address.ts'
import type { Bootstrap } from './bootstrap.ts'
import { maxSearchMs, maxSilenceMs } from './limits.ts'
import { openNetwork } from './network.ts'
import { findDrive } from './read-drive.ts'

/** How a service is cloned. */
export type CloneOptions = {
  /** Nodes where the network begins; the public ones when absent. */
  readonly bootstrap?: Bootstrap
  /** The log's key or its fingerprint, known beforehand. */
  readonly logKey?: string
  readonly progress?: Cloning['progress']
  /** Given both signed checkpoints where the log is not the history that the clone knows. */
  readonly contradicted?: Cloning['contradicted']
  readonly signal?: AbortSignal
  /** How long to look for somebody, in milliseconds. */
  readonly searchMs?: number
  /** How long peers may send nothing, in milliseconds. */
  readonly silenceMs?: number
}

/**
 * Makes a clone in `dir` of what is shared at this address, or brings one up to date. Throws `peers_silent`, `drive_invalid`,
 * `usage_wrong`, and what `stele clone` does: the clone is left as it was then, or as it is when the next run goes on.
 */
export async function clone(
  address: string,
  dir: string,
  options: CloneOptions = {},
): Promise<CloneReport> {
  const key = parseAddress(address)
  const [url, target] = [formatAddress(key), resolve(dir)]
  requireCloneFolder(target)
  const { signal = new AbortController().signal, searchMs = maxSearchMs } = options
  const { silenceMs = maxSilenceMs } = options
  const stopped = (): void => {
    if (signal.aborted) throw new SteleError('clone_stopped', { dir: target })
  }
  // Only on its way through here: what is kept is the clone.
  const folder = await mkdtemp(join(tmpdir(), 'stele-p2p-'))
  const { store, swarm, close } = await openNetwork(folder, options.bootstrap)
  // What is being waited for ends then.
  signal.addEventListener('abort', () => void close(), { once: true })
  try {
    stopped()
    const drive = await findDrive({ key, store, swarm, signal, searchMs, silenceMs })
    return await cloneService({
      url,
      dir: target,
      fetch: async (...asked) => {
        stopped()
        return drive.fetch(...asked)
      },
      progress: options.progress ?? (() => undefined),
      contradicted: options.contradicted,
      ...(options.logKey === undefined ? {} : { logKey: options.logKey }),
    })
  } catch (error) {
    stopped()
    throw error
  } finally {
    await close()
    await rm(folder, { recursive: true, force: true })
  }
}
