// Compares a public folder with its log and writes what is missing: in the running server where there is one, else here.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SteleError } from '@stele/errors'
import type { FolderReport } from '@stele/log/published'
import { createFolderPublisher, homeFault, repairFolder } from '@stele/service'
import { openStorage } from '@stele/storage'
import { dataPaths, lockDataFolder } from '@stele/storage/folder'
import { sealKeyOf } from '../services/open-in-thread.ts'
import { registryKind } from '../services/registry/kind.ts'
import type { Settings } from '../settings/load.ts'
import { askAdmin } from './admin.ts'
import { findService } from './run-service.ts'
import { requireLog } from './with-server.ts'

type Options = { readonly replace: boolean }

/** Throws `data_locked`, `data_invalid`, `log_inconsistent`. */
export async function publishFolder(settings: Settings, options: Options): Promise<FolderReport> {
  requireLog(settings)
  const ask = { do: 'publish', ...options } as const
  const answer = await askAdmin(dataPaths(settings.dir).adminSocket, ask)
  return answer === undefined ? publishHere(settings, options) : (answer as FolderReport)
}

/** Opens neither log nor services, but publishes only what a server would: a log that is whole, and the one of its key. */
async function publishHere(settings: Settings, options: Options): Promise<FolderReport> {
  await using opened = new AsyncDisposableStack()
  opened.adopt(lockDataFolder(settings.dir), (lock) => lock.release())
  const storage = { dir: settings.dir, publicFolder: settings.publicFolder }
  const { identity, reads } = await findService(registryKind, storage, {
    wanted: settings,
    closing: opened,
  })
  if (reads.log.head() === undefined) {
    throw new SteleError('data_invalid', { path: settings.dir, reason: 'its log is empty' })
  }
  const projections = await registryKind.projections()
  const home = openStorage(storage).openHome({
    projections,
    sealKey: sealKeyOf(identity.seeds.log),
  })
  opened.defer(home.close)
  const publisher = createFolderPublisher({ home, identity, breathe: () => nextTurn() })
  const fault = homeFault({ home, identity })
  return await repairFolder(publisher, { ...options, readOnly: () => fault })
}
