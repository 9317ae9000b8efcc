// Whether the lock has what the package.jsons want, for who only asks.
import { isSteleError, type SteleError } from '@stele/errors'
import { readProject } from '../project/project.ts'
import { readResolveSettings } from '../resolving/resolve-settings.ts'
import { planLock } from './lock-file.ts'

/** Why a frozen installation would not go by the lock; undefined where it would. */
export async function lockFault(root: string): Promise<SteleError | undefined> {
  try {
    const project = await readProject(root)
    const { locked: settings, rules } = readResolveSettings(project)
    await planLock({ root, wanted: project.importers, settings, rules, isFrozen: true })
    return undefined
  } catch (error) {
    if (isSteleError(error)) return error
    throw error
  }
}
