// A script's service in a folder: found or begun there, and run.
import { existsSync, readdirSync } from 'node:fs'
import { SteleError } from '@stele/errors'
import type { AnswerOutside } from '@stele/service/thread'
import { dataPaths, lockDataFolder } from '@stele/storage/folder'
import { findService, type RunningService, runService } from '../server/run-service.ts'
import { vmKind } from '../services/vm/kind.ts'
import type { HearEvent } from './shared-thread.ts'
import { mainModule, useThread } from './thread.ts'

/** A service that runs. */
export type Deployed = {
  readonly service: RunningService
  /** It was begun just now, with the given script. */
  readonly isNew: boolean
  /** It goes on with another script than the given one. */
  readonly runsOther: boolean
  readonly close: () => Promise<void>
}

/** Throws `data_locked`, `data_invalid`, `script_invalid`. */
export async function deploy(options: {
  /** What a service that is not there yet begins with. */
  readonly script: string
  /** An absolute path. */
  readonly dir: string
  readonly hear: HearEvent
  /** Answers what its oracles ask of the world outside. */
  readonly outside: AnswerOutside
}): Promise<Deployed> {
  const { script, dir, hear, outside } = options
  refuseForeign(dir)
  await using closing = new AsyncDisposableStack()
  closing.adopt(lockDataFolder(dataPaths(dir).root), (lock) => lock.release())
  const reading = closing.use(new AsyncDisposableStack())
  const kind = { ...vmKind, definition: { ...vmKind.definition, script: () => script } }
  const wanted = { origin: null, operator: null, publicUrl: null }
  const found = await findService(kind, { dir, publicFolder: true }, { wanted, closing: reading })
  const { thread, release } = useThread(dir, hear)
  closing.defer(release)
  const service = runService(found, { thread, main: mainModule, name: dir, outside })
  closing.defer(() => service.client.close())
  await service.client.ready
  const kept = closing.move()
  return {
    service,
    isNew: found.isNew,
    runsOther: service.ruleDifferences().includes('script'),
    close: () => kept.disposeAsync(),
  }
}

/** What a start leaves that was stopped before there were keys, and what a desktop leaves in a folder. */
const harmless = /^(?:\..*|.*\.db(?:-.*)?|blobs|public)$/

/** Refuses a folder that holds something else, such as a project or a clone. */
function refuseForeign(dir: string): void {
  if (!existsSync(dir) || existsSync(dataPaths(dir).keys)) return
  const foreign = readdirSync(dir).find((name) => !harmless.test(name))
  if (foreign === undefined) return
  const reason = `it holds "${foreign}", and no service: give a folder that is empty or not there yet`
  throw new SteleError('data_invalid', { path: dir, reason })
}
