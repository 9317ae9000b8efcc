// A script as a service of this process: NodeVMS's VM.
import { EventEmitter } from 'node:events'
import { basename, resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { RunningService } from '../server/run-service.ts'
import { CallLog } from './call-log.ts'
import { type Deployed, deploy } from './deploy.ts'
import { FilesArchive } from './files-archive.ts'
import { createOutside, type OutsideOptions } from './outside.ts'
import { replayLog } from './replayed.ts'
import type { HearEvent } from './thread.ts'

/** Where a VM is deployed. */
export type DeployOptions = {
  /** The folder of the service: begun there, or gone on with. */
  readonly dir: string
  /** What people call it. */
  readonly title?: string
  /** The address that its files must have, as `filesArchive.url` gives it: for services that are there. */
  readonly url?: string
  /** Hosts that its oracles may fetch from, such as `example.com` or `example.com:8443`; none when absent. */
  readonly allowHosts?: readonly string[]
}

/** A call of a method. */
export type VmCall = {
  readonly methodName: string
  readonly args?: readonly JsonValue[]
  /** Anonymous when absent. */
  readonly userId?: string
}

type VMEvents = {
  readonly ready: []
  readonly close: []
  readonly print: [line: string]
  readonly notice: [event: Parameters<HearEvent>[0]]
}

/** What a script threw. */
export class ScriptFailure extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/**
 * A script whose calls are logged, in a folder of this machine. Events: `ready` when it is deployed, `close`, `print` with each
 * line that the script prints, `notice` with what an operator may want to know.
 */
export class VM extends EventEmitter<VMEvents> {
  /** The program that a new service begins with. */
  readonly code: string
  #deployed: Deployed | undefined
  #title = ''
  #methods: readonly string[] = []
  #filesArchive: FilesArchive | null = null
  #callLog: CallLog | null = null

  constructor(code: string) {
    super()
    this.code = code
  }

  /**
   * Runs all calls of a log again, as they were called, at the time of their entries. The VM that this gives takes no calls: its
   * `callLog` and `filesArchive` are what the calls gave and left, to be compared (see Verifier); the files are also written
   * to `dir`, as plain ones below `files/`. Throws `files_url_differs` where the log is of other files, `entry_mismatch` for an
   * entry that cannot have been, `verify_impossible`, `clone_impossible` where `dir` holds something else.
   */
  static async fromCallLog(
    callLog: CallLog,
    { filesArchiveUrl }: { readonly filesArchiveUrl: string },
    { dir, title }: Pick<DeployOptions, 'dir' | 'title'>,
  ): Promise<VM> {
    const { source } = callLog
    const own = [source.filesArchiveUrl, source.filesAddress]
    if (!own.includes(filesArchiveUrl)) {
      const found = source.filesAddress ?? source.filesArchiveUrl
      throw new SteleError('files_url_differs', { dir, url: filesArchiveUrl, found })
    }
    const place = resolve(dir)
    const { code, ...left } = await replayLog(source, place)
    const vm = new VM(code)
    vm.#filesArchive = left.filesArchive
    vm.#callLog = left.callLog
    vm.#title = title ?? `${basename(place)} files`
    return vm
  }

  /** Begins the service in the folder, or goes on with the one that is there. Throws `data_locked`, `data_invalid`, `script_invalid`, `vm_deployed`. */
  async deploy({ dir, title, url, allowHosts }: DeployOptions): Promise<void> {
    if (this.#deployed !== undefined) throw new SteleError('vm_deployed', { dir })
    if (typeof dir !== 'string' || dir === '')
      throw new TypeError('deploy({ dir }): dir must name a folder')
    const place = resolve(dir)
    const outside = createOutside({ allowHosts, provision: this.provisioning() })
    const deployed = await deploy({ script: this.code, dir: place, hear: this.#hear, outside })
    const service = this.watched(deployed.service)
    try {
      const archive = new FilesArchive(
        `stele:${service.identity.origin}/-/files/`,
        service.reads.log,
      )
      if (url !== undefined && url !== archive.url) {
        throw new SteleError('files_url_differs', { dir, url, found: archive.url })
      }
      this.#methods = await service.client.methods()
      this.#filesArchive = archive
      this.#callLog = callLogOf(service, archive.url)
    } catch (error) {
      await deployed.close()
      throw error
    }
    this.#title = title ?? `${basename(place)} files`
    this.#deployed = { ...deployed, service }
    this.emit('ready')
  }

  get title(): string {
    return this.#title
  }

  /** The files; null before `deploy` and after `close`. */
  get filesArchive(): FilesArchive | null {
    return this.#filesArchive
  }

  /** The log; null before `deploy` and after `close`. */
  get callLog(): CallLog | null {
    return this.#callLog
  }

  /** The script's methods, each a function that calls it as nobody. */
  get exports(): {
    readonly [method: string]: (...args: readonly JsonValue[]) => Promise<JsonValue | undefined>
  } {
    return Object.fromEntries(
      this.#methods.map((methodName) => [
        methodName,
        (...args: readonly JsonValue[]) => this.executeCall({ methodName, args }),
      ]),
    )
  }

  /** The service goes on with another script than this VM's. */
  get runsOther(): boolean {
    return this.#deployed?.runsOther ?? false
  }

  /** The service itself. Throws `vm_closed`. */
  get service(): RunningService {
    if (this.#deployed === undefined) throw new SteleError('vm_closed', {})
    return this.#deployed.service
  }

  /**
   * Calls a method, and gives what it gives once that is in the log. Throws ScriptFailure with what the script threw, and
   * `method_unknown`, `vm_closed`, `log_busy`, `call_aborted`.
   */
  async executeCall({ methodName, args = [], userId }: VmCall): Promise<JsonValue | undefined> {
    const { submit } = this.service
    if (!this.#methods.includes(methodName)) {
      throw new SteleError('method_unknown', { method: methodName })
    }
    const account = userId ?? null
    const { outcome } = await submit({ account, via: 'debug', method: methodName, args })
    if (outcome.ok) return outcome.result
    const { name, message } = outcome.error
    throw new ScriptFailure(name, message)
  }

  /** Ends when the calls that run are answered. */
  async close(): Promise<void> {
    const deployed = this.#deployed
    if (this.#callLog === null) return
    this.#deployed = undefined
    this.#filesArchive = null
    this.#callLog = null
    await deployed?.close()
    this.emit('close')
  }

  /** Makes services that the script provisions; none where that is not allowed. */
  protected provisioning(): OutsideOptions['provision'] {
    return undefined
  }

  /** The service as everybody calls it. */
  protected watched(service: RunningService): RunningService {
    return service
  }

  readonly #hear: HearEvent = (event) => {
    if (event.event === 'script_print') this.emit('print', event.line)
    else this.emit('notice', event)
  }
}

function callLogOf({ reads, log }: RunningService, filesArchiveUrl: string): CallLog {
  return new CallLog({
    size: log.treeSize,
    entries: reads.log.entries,
    code: () => codeOf(reads.log),
    blob: reads.log.blobs.read,
    filesArchiveUrl,
  })
}

function codeOf({ get, blobs }: RunningService['reads']['log']): string {
  const name: unknown = JSON.parse(Buffer.from(get('stele/log', 'script') ?? '""').toString())
  const bytes = typeof name === 'string' ? blobs.read(name) : undefined
  return Buffer.from(bytes ?? []).toString()
}
