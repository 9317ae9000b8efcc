// The install scripts of what is installed in a project.
import { join } from 'node:path'
import { openStore, packagesOfProject, selectInstances } from '@stele/install'
import { type InstanceKey, releaseOf } from '@stele/resolve/graph'
import { readApprovals } from '../../scripts/approvals.ts'
import { findWishes, type Wish } from '../../scripts/install-scripts.ts'
import { ownPlatform } from '../layout/own-platform.ts'
import { identityOf } from '../layout/placing.ts'
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
  const slots = new Map(packagesOfProject(root))
  const contentsOf = (key: InstanceKey): string => {
    const release = releaseOf(graph, key)
    const { name } = release
    const found = store.findContents(identityOf(release), name)
    const slot = slots.get(key) ?? ''
    // What was built is there even where nobody has what it was built from.
    return found ?? (store.hasSlot(slot) ? join(store.slotFolder(slot), 'node_modules', name) : '')
  }
  const approvals = readApprovals(manifest)
  return { root, wishes: findWishes({ graph, selected, store, contentsOf, approvals }) }
}
