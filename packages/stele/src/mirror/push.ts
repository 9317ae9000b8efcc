// Fans a mirror out with rsync: to any number of places side by side, each of which is whole for its readers at every moment: what a
// checkpoint stands for is there before the checkpoint is, and nothing goes before that.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logFolder } from '@stele/entries/paths'
import { isSteleError, SteleError } from '@stele/errors'
import { readHere } from '../clone/clone-service.ts'
import { inTurns } from '../in-turns.ts'
import { maxPushesAtOnce } from './limits.ts'
import type { RunRsync } from './rsync.ts'

/** What became of one place. */
type Pushed = {
  readonly destination: string
  /** Why it does not hold what the folder does; null where it does. */
  readonly reason: string | null
  readonly tookMs: number
}

/** What was done. */
export type PushReport = {
  readonly dir: string
  readonly origin: string
  readonly size: number
  readonly destinations: readonly Pushed[]
}

/** The files that say how far a log is: in the order in which they may be replaced. */
const [named, checkpoint] = [['key', 'head'], 'checkpoint'] as const
/** Where somebody else may be writing, and what is nobody else's business. */
const outside = ['/lock.db*', '/.tmp', '/files.incomplete']

/** Pushes the folder. One place that fails ends nothing for the others. Throws `mirror_impossible` where the folder holds no log. */
export async function pushMirror(
  dir: string,
  destinations: readonly string[],
  run: RunRsync,
): Promise<PushReport> {
  const here = readHere(dir)
  if (here === undefined) {
    const reason = 'it holds no log. Give the folder that "stele mirror" made'
    throw new SteleError('mirror_impossible', { url: dir, reason })
  }
  const work = mkdtempSync(join(tmpdir(), 'stele-push-'))
  try {
    // The folder may go on: what is pushed is how far it is now.
    const [names, end] = [join(work, 'names'), join(work, 'end')]
    for (const [folder, files] of [
      [names, named],
      [end, [checkpoint]],
    ] as const) {
      mkdirSync(join(folder, logFolder), { recursive: true })
      for (const file of files)
        copyFileSync(join(dir, logFolder, file), join(folder, logFolder, file))
    }
    const steps = stepsOf(dir, { names, end })
    const pushed: Pushed[] = []
    await inTurns(destinations, maxPushesAtOnce, async (destination, at) => {
      const there = join(work, `there-${at}`)
      pushed[at] = await pushOne(destination, { steps, run, here, there })
    })
    return { dir, origin: here.origin, size: here.size, destinations: pushed }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

type Here = NonNullable<ReturnType<typeof readHere>>

/** The arguments of each run, but for the place. */
function stepsOf(
  dir: string,
  { names, end }: { readonly names: string; readonly end: string },
): readonly (readonly string[])[] {
  const ends = [...named, checkpoint].map((file) => `/${logFolder}${file}`)
  const excluded = [...outside, ...ends].map((path) => `--exclude=${path}`)
  // Nothing but what a mirror is made of is sent, or removed there.
  const own = ['--include=/-/', '--include=/-/log/***', '--include=/npm/***', '--exclude=*']
  const packuments = existsSync(join(dir, 'npm'))
  const contents = ['--include=/npm/-/***', '--exclude=/npm/*']
  return [
    [...copying, '--hard-links', ...excluded, ...contents, ...own, `${dir}/`],
    ...(packuments ? [[...copying, '--hard-links', ...excluded, ...own, `${dir}/`]] : []),
    [...copying, `${names}/`],
    [...copying, `${end}/`],
    [...copying, '--hard-links', '--delete-after', ...excluded, ...own, `${dir}/`],
  ]
}

/** Files appear under their names when all of a run have come. A web server may read what comes. */
const copying = [
  '--recursive',
  '--times',
  '--perms',
  '--chmod=Du=rwx,Dgo=rx,Fu=rw,Fgo=r',
  '--delay-updates',
  '--timeout=120',
]

async function pushOne(
  destination: string,
  {
    steps,
    run,
    here,
    there,
  }: {
    readonly steps: readonly (readonly string[])[]
    readonly run: RunRsync
    readonly here: Here
    readonly there: string
  },
): Promise<Pushed> {
  const startMs = performance.now()
  const ended = (reason: string | null): Pushed => ({
    destination,
    reason,
    tookMs: Math.round(performance.now() - startMs),
  })
  const place = destination.replace(/\/*$/, '/')
  const foreign = await findForeign(place, { run, here, there })
  if (foreign !== undefined) return ended(foreign)
  for (const step of steps) {
    const { status, said } = await run([...step, place])
    if (status !== 0) return ended(said)
  }
  return ended(null)
}

/** rsync's status where what was asked for is not there. */
const statusAbsent = 23

/** Why nothing must be pushed there: it holds another log, is ahead of this folder, or has files of somebody else where packuments go. */
async function findForeign(
  place: string,
  { run, here, there }: { readonly run: RunRsync; readonly here: Here; readonly there: string },
): Promise<string | undefined> {
  mkdirSync(there)
  const wanted = ['key', checkpoint].map((file) => `--include=/${logFolder}${file}`)
  const folders = ['--include=/-/', '--include=/-/log/', '--include=/npm/']
  const { status, said } = await run([
    '--recursive',
    '--timeout=120',
    ...folders,
    ...wanted,
    '--exclude=*',
    place,
    `${there}/`,
  ])
  if (status !== 0 && status !== statusAbsent) return said
  try {
    const found = readHere(there)
    if (found === undefined) return isOthers(there) ? othersReason : undefined
    if (found.origin !== here.origin || found.key !== here.key)
      return `it holds another log: ${found.origin}`
    if (found.size > here.size)
      return `it holds ${found.size} entries, and this folder ${here.size}: bring this folder up to date first`
    return undefined
  } catch (error) {
    if (isSteleError(error, 'data_invalid'))
      return `what it holds is no log: ${error.details.reason}`
    throw error
  }
}

const othersReason =
  'it holds npm/, and no log of a mirror: what lies in npm/ there would be removed. Give another folder, or remove that one'

/** A first push that was stopped leaves both folders. */
function isOthers(there: string): boolean {
  return existsSync(join(there, 'npm')) && !existsSync(join(there, logFolder))
}
