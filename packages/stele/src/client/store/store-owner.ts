// Who else can write into the store: what stands there is linked into projects, and run.
import { statSync } from 'node:fs'
import { join } from 'node:path'

/** What a person should know of it; undefined where the store is theirs alone. `uid` is the user's own. */
export function ownerNotice(
  store: string,
  uid: number | undefined = process.getuid?.(),
): string | undefined {
  if (uid === undefined) return undefined // Windows has no such thing.
  for (const folder of [store, join(store, 'slots')]) {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found === undefined) continue
    // Root can write everywhere.
    const isOthers = found.uid !== uid && found.uid !== 0 && uid !== 0
    if (isOthers) return `"${folder}" is another user's, who can change what you install`
    if ((found.mode & 0o002) !== 0)
      return `Anybody on this machine can change what you install: run chmod -R o-w "${store}"`
  }
  return undefined
}
