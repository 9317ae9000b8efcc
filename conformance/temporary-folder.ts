// Folders for one test each, removed with what is in them.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed when its scope ends. */
export type Folder = AsyncDisposable & { readonly path: string }

/** Makes an empty folder. */
export async function makeFolder(name: string): Promise<Folder> {
  const path = await mkdtemp(join(await realpath(tmpdir()), `stele-${name}-`))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  }
}
