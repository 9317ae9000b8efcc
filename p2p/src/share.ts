// Shares a service with peers: a drive that follows a folder with its log, or a copy of it that follows the service.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import Hyperdrive from 'hyperdrive'
import { cloneService, isSteleError, openLog, SteleError } from 'stele/clone'
import { formatAddress } from './address.ts'
import type { Bootstrap } from './bootstrap.ts'
import { askMs, compareMs, followMs, maxAnnounceMs, maxNoteBytes, restTimes } from './limits.ts'
import { checkpointFile, markCheckpoint, readNotes } from './log-files.ts'
import { type Network, openNetwork } from './network.ts'
import { folderFor, usualStateFolder } from './state-folder.ts'
import { createSync, type SyncDrive, type Synced } from './sync-drive.ts'

/** How something is shared. */
export type ShareOptions = {
  /** Where keys and drives are kept. */
  readonly state?: string
  /** Deletes the drive that this log had, and all that it holds, and makes another one with another address. */
  readonly newAddress?: boolean
  /** Nodes where the network begins; the public ones when absent. */
  readonly bootstrap?: Bootstrap
  /** Is told whenever peers get something new. */
  readonly changed?: (synced: Synced) => void
  /** Is told what went wrong with the folder or the service; what was shared before goes on being shared. */
  readonly failed?: (error: SteleError) => void
}

/** What is being shared. */
export type Shared = {
  /** `hyper://…`, for `stele-p2p clone`. It stays the same as long as the state folder is there. */
  readonly address: string
  readonly folder: string
  /** What was shared when it began. */
  readonly first: Synced
  /** Whether the network has heard of it: if not, it goes on trying. */
  readonly announced: boolean
  readonly close: () => Promise<void>
}

/**
 * Shares the service at this address, or whose log this folder holds, until it is closed. Throws `share_impossible`,
 * `usage_wrong`, and for an address what `stele clone` does.
 */
export async function share(source: string, options: ShareOptions = {}): Promise<Shared> {
  const { state = usualStateFolder() } = options
  const { folder, ask } = await openSource(source, resolve(state))
  const network = await openShare(folder, resolve(state), options)
  try {
    const drive = new Hyperdrive(network.store)
    await drive.ready()
    const sync = createSync(drive, folder)
    const first = await sync()
    const announced = await announce(network, drive)
    const follower = follow({ folder, sync, ask, first, options })
    return {
      address: formatAddress(drive.key),
      folder,
      first,
      announced,
      close: async () => {
        await follower.stop()
        await network.close()
      },
    }
  } catch (error) {
    await network.close()
    throw error
  }
}

type Opened = {
  readonly folder: string
  /** Brings the folder up to the service that it is a copy of. */
  readonly ask: (() => Promise<void>) | undefined
}

async function openSource(text: string, state: string): Promise<Opened> {
  const source = openLog(text)
  if (source.kind === 'folder') return { folder: source.path, ask: undefined }
  const { root: url, fetch } = source
  const folder = join(folderFor(state, 'copies', url), 'copy')
  const ask = async (): Promise<void> => {
    // A clone reads all that it has: only when there is something new.
    const { bytes } = await fetch(`/${checkpointFile}`, maxNoteBytes)
    const place = join(folder, checkpointFile)
    if (existsSync(place) && Buffer.compare(readFileSync(place), bytes) === 0) return
    await cloneService({ url, dir: folder, fetch, progress: () => undefined })
  }
  await ask()
  return { folder, ask }
}

/** The drive belongs to the log, wherever its folder is. */
async function openShare(folder: string, state: string, options: ShareOptions): Promise<Network> {
  const [, key] = readNotes(folder).files[0] ?? []
  const place = folderFor(state, 'shares', key?.toString().split('\n')[0] ?? '')
  try {
    const network = await openNetwork(place, options.bootstrap)
    if (options.newAddress !== true) return network
    await network.close() // It was ours, so nobody else is using it.
    rmSync(place, { recursive: true })
    return await openNetwork(place, options.bootstrap)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    // corestore and what it stands on give this error no code and no name.
    const reason = /lock/i.test(message)
      ? `another process shares this log, with the state in "${place}"`
      : `its state in "${place}" cannot be opened: ${message}`
    throw new SteleError('share_impossible', { source: folder, reason }, { cause })
  }
}

async function announce({ swarm }: Network, drive: Hyperdrive): Promise<boolean> {
  const discovery = swarm.join(drive.discoveryKey, { server: true, client: false })
  const controller = new AbortController()
  const flushed = discovery.flushed().then(
    () => true,
    () => false,
  )
  const patience = setTimeout(maxAnnounceMs, false, controller).catch(() => false)
  const announced = await Promise.race([flushed, patience])
  controller.abort()
  return announced
}

/** Looks again and again whether there is something new, until it is stopped. */
function follow({ folder, sync, ask, first, options }: Following): { stop: () => Promise<void> } {
  const controller = new AbortController()
  const { signal } = controller
  let [size, told, seen, comparedMs, tookMs] = [first.size, '', '', Date.now(), 0]
  const shareChanges = async (): Promise<void> => {
    await ask?.()
    const mark = markCheckpoint(folder)
    if (mark === seen && Date.now() < comparedMs + compareMs) return
    const synced = await sync()
    // What went a moment after the checkpoint came is seen when all is looked at once more.
    seen = synced.written + synced.removed > 0 ? '' : mark
    comparedMs = Date.now()
    if (synced.size !== size || synced.replaced > 0) options.changed?.(synced)
    size = synced.size
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const restMs = Math.min(tookMs * restTimes, compareMs)
      const ms = Math.max(ask === undefined ? followMs : askMs, restMs)
      await setTimeout(ms, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const startMs = Date.now()
      const error = await shareChanges().then(() => undefined, faultOf(folder))
      if (error !== undefined && error.message !== told) options.failed?.(error)
      told = error?.message ?? ''
      tookMs = Date.now() - startMs
    }
  }
  const running = run()
  return {
    stop: async () => {
      controller.abort()
      await running
    },
  }
}

type Following = {
  readonly folder: string
  readonly sync: SyncDrive
  readonly ask: Opened['ask']
  readonly first: Synced
  readonly options: ShareOptions
}

/** What was shared goes on being shared while the folder or the service is gone. */
function faultOf(source: string): (error: unknown) => SteleError {
  return (error) => {
    if (isSteleError(error)) return error
    if (!(error instanceof Error && 'code' in error)) throw error
    return new SteleError('share_impossible', { source, reason: error.message }, { cause: error })
  }
}
