// A script as a service of this process: NodeVMS's VM.
import { EventEmitter } from 'node:events'
import { basename, resolve } from 'node:path'
import { filesRoot } from '@stele/entries/paths'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { createOutside, type OutsideOptions } from '../oracles/outside.ts'
import { ScriptError } from '../rpc/call-errors.ts'
import type { RunningService } from '../server/run-service.ts'
import type { ShownService } from '../server/service-app.ts'
import { type CallLog, openCallLog, sourceOf } from './call-log.ts'
import { type Deployed, deploy } from './deploy.ts'
import { FilesArchive } from './files-archive.ts'
import { replayLog } from './replayed.ts'
import type { HearEvent } from './shared-thread.ts'

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

/** What an operator may want to know: of the service, of its thread, or of services that a factory has. */
export type VmNotice =
  | Parameters<HearEvent>[0]
  | { readonly event: 'service_not_opened'; readonly service: string; readonly reason: string }

type VMEvents = {
  readonly ready: []
  readonly close: []
  readonly print: [line: string]
  readonly notice: [event: VmNotice]
}

/** What is done beside a VM: a factory's services come and go with it. */
export type VMPorts = {
  /** Makes a service that the script asks for. Without it the script is told that it is not a factory. */
  readonly provision?: OutsideOptions['provision']
  /** Runs when the service is open, before anybody is told. */
  readonly opened?: (service: RunningService, dir: string) => Promise<void>
  /** Runs after each call, before it is answered. */
  readonly called?: () => Promise<void>
  /** Runs before the service is closed. */
  readonly closing?: () => Promise<void>
  /** The services that are shown beside it. */
  readonly services?: () => readonly ShownService[]
}

/** What this module lets the others of this folder do, and no program. */
type Insides = {
  readonly setPorts: (vm: VM, ports: VMPorts) => void
  readonly portsOf: (vm: VM) => VMPorts
  readonly deployedOf: (vm: VM) => Deployed
}
let insides: Insides

/**
 * A script whose calls are logged, in a folder of this machine. Events: `ready` when it is deployed, `close`, `print` with each
 * line that the script prints, `notice` with what an operator may want to know. (An EventEmitter, as NodeVMS's VM is.)
 */
export class VM extends EventEmitter<VMEvents> {
  static {
    insides = {
      setPorts: (vm, ports) => {
        vm.#ports = ports
      },
      portsOf: (vm) => vm.#ports,
      deployedOf: (vm) => {
        if (vm.#deployed === undefined) throw new SteleError('vm_closed', {})
        return vm.#deployed
      },
    }
  }

  /** The program that a new service begins with. */
  readonly code: string
  #ports: VMPorts = {}
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
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
   * entry that cannot have been, `copy_incomplete`, `verify_impossible`, `data_invalid` where `dir` holds something else.
   */
  static async fromCallLog(
    callLog: CallLog,
    { filesArchiveUrl }: { readonly filesArchiveUrl: string },
    { dir, title }: Pick<DeployOptions, 'dir' | 'title'>,
  ): Promise<VM> {
    const source = sourceOf(callLog)
    const own = [source.filesArchiveUrl, source.filesAddress]
    if (!own.includes(filesArchiveUrl)) {
      const found = source.filesAddress ?? source.filesArchiveUrl
      throw new SteleError('files_url_differs', { url: filesArchiveUrl, found })
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
  async deploy(options: DeployOptions): Promise<void> {
    const { dir } = options
    if (typeof dir !== 'string' || dir === '')
      throw new TypeError('deploy({ dir }): dir must name a folder')
    if ((this.#deployed ?? this.#opening ?? this.#closing) !== undefined)
      throw new SteleError('vm_deployed', { dir })
    this.#opening = this.#open(options)
    try {
      await this.#opening
    } finally {
      this.#opening = undefined
    }
    this.emit('ready')
  }

  async #open({ dir, title, url, allowHosts }: DeployOptions): Promise<void> {
    const place = resolve(dir)
    const { provision, opened } = this.#ports
    const outside = createOutside({ allowHosts, provision })
    const deployed = await deploy({ script: this.code, dir: place, hear: this.#hear, outside })
    const service = this.#withCalled(deployed.service)
    try {
      const filesArchiveUrl = `stele:${service.identity.origin}${filesRoot}`
      if (url !== undefined && url !== filesArchiveUrl) {
        throw new SteleError('files_url_differs', { url, found: filesArchiveUrl })
      }
      const { methods } = await service.client.offers()
      this.#methods = methods
      await opened?.(service, place)
      this.#filesArchive = new FilesArchive(filesArchiveUrl, service.reads.log)
      this.#callLog = callLogOf(service, filesArchiveUrl)
    } catch (error) {
      await deployed.close()
      throw error
    }
    this.#title = title ?? `${basename(place)} files`
    this.#deployed = { ...deployed, service }
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

  /**
   * Calls a method, and gives what it gives once that is in the log. Throws ScriptError with what the script threw, and
   * `method_unknown`, `vm_closed`, `log_busy`, `call_aborted`.
   */
  async executeCall({ methodName, args = [], userId }: VmCall): Promise<JsonValue | undefined> {
    const { submit } = deployedOf(this).service
    if (!this.#methods.includes(methodName)) {
      throw new SteleError('method_unknown', { method: methodName })
    }
    const account = userId ?? null
    const { outcome } = await submit({ account, via: 'debug', method: methodName, args })
    if (outcome.ok) return outcome.result
    throw new ScriptError(outcome.error)
  }

  /** Ends when the calls that run are answered. */
  async close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined
    })
    await this.#closing
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => undefined) // Whoever deploys hears of it.
    const deployed = this.#deployed
    if (this.#callLog === null) return
    this.#deployed = undefined
    this.#filesArchive = null
    this.#callLog = null
    await this.#ports.closing?.()
    await deployed?.close()
    this.emit('close')
  }

  /** The service as everybody calls it. */
  #withCalled(service: RunningService): RunningService {
    const { called } = this.#ports
    if (called === undefined) return service
    return {
      ...service,
      submit: async (request) => {
        const answer = await service.submit(request)
        await called()
        return answer
      },
    }
  }

  readonly #hear: HearEvent = (event) => {
    if (event.event === 'script_print') this.emit('print', event.line)
    else this.emit('notice', event)
  }
}

/** Has a VM that is not deployed yet do more than run its script. */
export function setPorts(vm: VM, ports: VMPorts): void {
  insides.setPorts(vm, ports)
}

/** What was set, nothing where nothing was. */
export function portsOf(vm: VM): VMPorts {
  return insides.portsOf(vm)
}

/** The service that the VM runs. Throws `vm_closed`. */
export function deployedOf(vm: VM): Deployed {
  return insides.deployedOf(vm)
}

function callLogOf({ reads, log }: RunningService, filesArchiveUrl: string): CallLog {
  return openCallLog({
    size: log.treeSize,
    entries: reads.log.entries,
    blob: reads.log.blobs.read,
    filesArchiveUrl,
  })
}
