// The install scripts of what is installed in a project.
import { openStore, selectInstances } from '@stele/install'
import { readApprovals } from '../../scripts/approvals.ts'
import { findWishes, type Wish } from '../../scripts/install-scripts.ts'
import { installedFiles } from '../layout/installed.ts'
import { ownPlatform } from '../layout/own-platform.ts'
import { needLock } from '../lock/lock-file.ts'
import { placeOf } from '../project/place.ts'
import { readManifest } from '../project/project.ts'
import { storeFolder } from '../store/registered.ts'

/** The packages of this project that want to run something. Throws lock_absent, lock_invalid. */
export async function wishesOf(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly root: string; readonly wishes: readonly Wish[] }> {
  const { root } = await placeOf(folder)
  const { graph } = needLock(root)
  const { manifest } = readManifest(root, '.')
  const store = openStore(storeFolder(env))
  const selected = selectInstances(graph, ownPlatform)
  const contentsOf = installedFiles(root, graph, store)
  const approvals = readApprovals(manifest)
  return { root, wishes: findWishes({ graph, selected, store, contentsOf, approvals }) }
}
