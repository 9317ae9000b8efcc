// A data folder with 10,000 packages and 150,000 leaves of state, made once through the server's own interface and kept.
import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { engines } from '../../packages/host/src/index.ts'
import { rulesScript } from '../../packages/registry/src/index.ts'
import { logSchema } from '../../packages/storage/src/log-store.ts'
import { viewSchema } from '../../packages/storage/src/view-store.ts'
import type { ReleaseName } from './documents.ts'
import { prepareJob } from './load.ts'
import { settled } from './process-cost.ts'
import { signUp, startRegistry } from './registries.ts'
import { makeFolder, workFolder } from './work-folder.ts'

export const packageCount = 10_000
/** A new package writes 5 leaves, each of its further versions 2 more. */
const furtherVersions = 25_000
const releasesPerJob = 5_000
const tokenFile = 'bench-token'

/** A filled folder of its own, to be started and changed; `token` publishes. */
export type FilledFolder = {
  readonly path: string
  readonly token: string
  readonly remove: () => void
}

/** The kept folder itself, to be read only; its public folder is whole. */
export async function keptFilledFolder(): Promise<string> {
  const kept = join(workFolder, `filled-${formatName()}`)
  if (!existsSync(kept)) await fill(kept)
  return kept
}

/** A copy of the kept folder, which is made first where there is none for these sources. */
export async function openFilledFolder(): Promise<FilledFolder> {
  const kept = await keptFilledFolder()
  const { path, remove } = makeFolder()
  // The public folder is left out, since nothing reads it: what the database calls published is not published again.
  const filter = (source: string): boolean => basename(source) !== 'public'
  await cp(kept, path, { recursive: true, filter })
  return { path, remove, token: readFileSync(join(path, tokenFile), 'utf8') }
}

/** The name of one of its packages. */
export function filledName(index: number): string {
  return `package-${index % packageCount}`
}

/** Releases in the order in which they are published: all first versions, then the others round by round. */
function releaseAt(index: number): ReleaseName {
  const version = `1.${Math.floor(index / packageCount)}.0`
  return { name: filledName(index), version }
}

async function fill(kept: string): Promise<void> {
  removeOld()
  const { path } = makeFolder()
  console.log(`Making ${kept}: this takes some minutes, once`)
  const registry = await startRegistry('stele', { dir: path })
  const token = await signUp(registry)
  const count = packageCount + furtherVersions
  for (let start = 0; start < count; start += releasesPerJob) {
    const releases = Array.from({ length: releasesPerJob }, (_, at) => releaseAt(start + at))
    const work = { kind: 'publish', token, releases } as const
    const job = await prepareJob({ url: registry.url, clients: 16, work })
    const { wallMs } = await job.run()
    console.log(
      `${start + releasesPerJob} of ${count}: ${Math.round((releasesPerJob / wallMs) * 1000)}/s`,
    )
  }
  await settled(registry.pid)
  await registry.stop()
  writeFileSync(join(path, tokenFile), token)
  renameSync(path, kept)
}

function removeOld(): void {
  if (!existsSync(workFolder)) return
  for (const name of readdirSync(workFolder)) {
    if (name.startsWith('filled-')) rmSync(join(workFolder, name), { recursive: true })
  }
}

/** Changes with everything that the folder's bytes depend on. */
function formatName(): string {
  const parts = [
    engines.fresh.blob,
    rulesScript(),
    JSON.stringify(logSchema),
    viewSchema,
    packageCount,
    furtherVersions,
  ]
  return hash('sha256', parts.join('\0')).slice(0, 12)
}
