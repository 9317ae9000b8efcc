// Removing releases. They vanish from what is served; that they were there, and their numbers, stay for ever.
import { maxVersionsPerCall } from './limits.ts'
import {
  hostedDirectory,
  liveVersionOf,
  liveVersions,
  requireOwner,
  writeNotice,
} from './packages.ts'
import { membersOf, textsOf } from './refuse.ts'
import { list, read, remove, write } from './system.ts'
import { highest } from './versions.ts'

/**
 * Removes versions: `{name, versions: [...]}`. By an owner, or by the operator as a take-down; at any time, since
 * a registry's own users are few and a removal shows for ever. Tags of what is removed go with it, but `latest`
 * moves to the highest stable version that is left. A package without versions keeps its owners and its numbers.
 */
export function unpublish(request: unknown): void {
  const asked = membersOf(request, 'the request', { wanted: ['name', 'versions'] })
  const directory = hostedDirectory(asked['name'])
  requireOwner(directory, { orOperator: true })
  const versions = textsOf(asked['versions'], 'the list of versions', maxVersionsPerCall)
  for (const item of versions) {
    const version = liveVersionOf(directory, item)
    writeNotice(directory, version, { gone: true }) // What was said of it goes too: nobody could change it again.
  }
  dropTags(directory, new Set(versions))
}

function dropTags(directory: string, gone: ReadonlySet<string>): void {
  for (const tag of list(`${directory}/tags`)) {
    if (gone.has(read(`${directory}/tags/${tag}`) ?? '')) remove(`${directory}/tags/${tag}`)
  }
  if (read(`${directory}/tags/latest`) !== undefined) return
  const next = highest(liveVersions(directory))
  if (next !== undefined) write(`${directory}/tags`, 'latest', next)
}
