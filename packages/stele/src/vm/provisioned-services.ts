// The services of a factory. What runs follows from the factory's files: `/.vms/<id>` holds the title and the script of a service, so
// that its log says which there are, and every start finds them again.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesRoot, logRoot } from '@stele/entries/paths'
import { isSteleError, reasonOf } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { failed, refused } from '../oracles/oracle-failure.ts'
import type { RunningService } from '../server/run-service.ts'
import { unclaimedMs } from './limits.ts'
import {
  isProvisionedId,
  type ProvisionedService,
  provisionedFolder,
  readProvisioned,
} from './provisioned-files.ts'
import type { RPCServer } from './rpc-server.ts'
import { deployedOf, VM, type VMPorts, type VmNotice } from './vm.ts'

/** What a factory may have, and who hears what its services say. */
export type ProvisionedOptions = {
  readonly maxVMs: number
  readonly print: (line: string) => void
  readonly notice: (event: VmNotice) => void
}

type Place = { readonly server: RPCServer; readonly path: string }
type Unclaimed = { readonly vm: VM; readonly timer: NodeJS.Timeout }
/** The factory itself, while it is open; and where its services lie. */
type Factory = { readonly service: RunningService; readonly folder: string }

/** Lies in the folder of a service that a call in the log has provisioned: one without it at a start was never wanted. */
const claimFile = 'provisioned'

/** Brings what runs to what the factory's files say: after each of its calls, and when it is opened. */
export class ProvisionedServices {
  readonly #options: ProvisionedOptions
  readonly #vms = new Map<string, VM>()
  /** Made for a call that is not in the log yet. */
  readonly #unclaimed = new Map<string, Unclaimed>()
  /** Those that could not be opened are not tried again with every call. */
  readonly #failed = new Set<string>()
  /** Those that the server serves for this factory: what else lies at such a path is another's. */
  readonly #mounted = new Set<string>()
  readonly #provisioning = new Set<Promise<unknown>>()
  #isClosing = false
  #factory: Factory | undefined
  #place: Place | undefined
  #updating: Promise<void> = Promise.resolve()

  constructor(options: ProvisionedOptions) {
    this.#options = options
  }

  get vms(): ReadonlyMap<string, VM> {
    return this.#vms
  }

  /** What the factory's VM is given. */
  get ports(): VMPorts {
    return {
      provision: (wanted) => this.#startProvisioning(wanted),
      opened: (service, dir) => this.#open({ service, folder: join(dir, 'vms') }),
      called: () => this.#update(), // Whoever was told of a service finds it.
      closing: () => this.#close(),
      services: () =>
        Array.from(this.#vms, ([id, { title }]) => ({
          path: this.#mounted.has(id) ? id : '',
          title,
        })),
    }
  }

  /** Serves them, now and later, at `<path>/<id>` of the server. */
  serveAt(server: RPCServer, path: string): void {
    this.#place = { server, path: path.replace(/\/+$/, '') }
    for (const [id, vm] of this.#vms) {
      try {
        this.#mount(id, vm)
      } catch (error) {
        this.#tell(id, error)
      }
    }
  }

  async #open(factory: Factory): Promise<void> {
    this.#factory = factory
    this.#isClosing = false
    removeUnclaimed(factory)
    await this.#update()
  }

  /** Nothing is begun after it, whatever calls still end. */
  async #close(): Promise<void> {
    this.#isClosing = true
    await Promise.allSettled(this.#provisioning)
    await this.#updating
    const folder = this.#factory?.folder ?? ''
    this.#factory = undefined
    for (const [id, { vm, timer }] of this.#unclaimed) {
      clearTimeout(timer)
      await discard(vm, join(folder, id))
    }
    this.#unclaimed.clear()
    await Promise.all([...this.#vms].map(([id, vm]) => this.#end(id, vm)))
  }

  #startProvisioning(wanted: ProvisionedService): Promise<JsonObject> {
    const made = this.#provision(wanted)
    const end = (): void => void this.#provisioning.delete(made)
    this.#provisioning.add(made)
    made.then(end, end)
    return made
  }

  async #provision({ title, code }: ProvisionedService): Promise<JsonObject> {
    const { maxVMs } = this.#options
    if (this.#isClosing || this.#factory === undefined) {
      throw refused('Cannot provision a service: this one is closing')
    }
    if (this.#vms.size + this.#unclaimed.size >= maxVMs) {
      throw refused(
        `Cannot provision a service: there are ${maxVMs}, as many as this factory may have; shut one down first`,
      )
    }
    const id = randomBytes(8).toString('hex')
    const dir = join(this.#factory.folder, id)
    const vm = new VM(code)
    const timer = setTimeout(() => {
      this.#unclaimed.delete(id)
      void discard(vm, dir)
    }, unclaimedMs).unref()
    this.#unclaimed.set(id, { vm, timer }) // Counted while it is made.
    try {
      await vm.deploy({ dir, title })
    } catch (error) {
      clearTimeout(timer)
      this.#unclaimed.delete(id)
      await discard(vm, dir)
      if (!isSteleError(error)) throw error
      throw failed(`Cannot provision a service: ${error.message}`, 'ProvisionError')
    }
    return { id, ...this.#addressesOf(id, vm) }
  }

  #addressesOf(id: string, vm: VM): JsonObject {
    const place = this.#place
    const own = `stele:${deployedOf(vm).service.identity.origin}`
    const url = place?.server.url === undefined ? own : place.server.url + pathOf(place, id)
    return { callLogUrl: url + logRoot, filesArchiveUrl: url + filesRoot }
  }

  /** Brings what runs to where the files are; one after the other. */
  #update(): Promise<void> {
    this.#updating = this.#updating
      .then(() => this.#updateNow())
      .catch((error: unknown) => this.#tell('', error))
    return this.#updating
  }

  async #updateNow(): Promise<void> {
    if (this.#factory === undefined) return
    const { service, folder } = this.#factory
    const state = service.reads.log
    const wanted = new Set(state.list(provisionedFolder))
    for (const [id, vm] of this.#vms) if (!wanted.has(id)) await this.#end(id, vm)
    for (const id of this.#failed) if (!wanted.has(id)) this.#failed.delete(id)
    for (const id of wanted) {
      if (this.#vms.has(id) || this.#failed.has(id)) continue
      try {
        this.#refuseExcess(id)
        await this.#begin(id, join(folder, id), readProvisioned(state.get(provisionedFolder, id)))
      } catch (error) {
        this.#failed.add(id)
        this.#tell(id, error)
      }
    }
  }

  /** The script can write any file there, also without asking. */
  #refuseExcess(id: string): void {
    const { maxVMs } = this.#options
    if (!isProvisionedId(id)) throw new Error('no service has such a name')
    if (this.#vms.size >= maxVMs)
      throw new Error(`this factory may have ${maxVMs} at once, and has as many (--max-services)`)
  }

  #tell(service: string, error: unknown): void {
    this.#options.notice({ event: 'service_not_opened', service, reason: reasonOf(error) })
  }

  async #begin(id: string, dir: string, { title, code }: ProvisionedService): Promise<void> {
    const made = this.#unclaimed.get(id)
    this.#unclaimed.delete(id)
    clearTimeout(made?.timer)
    const vm = made?.vm ?? new VM(code)
    if (made === undefined) await vm.deploy({ dir, title })
    writeFileSync(join(dir, claimFile), '')
    vm.on('print', this.#options.print)
    vm.on('notice', this.#options.notice)
    try {
      this.#mount(id, vm)
    } catch (error) {
      await vm.close()
      throw error
    }
    this.#vms.set(id, vm)
  }

  /** Throws `mount_taken` where something else is served there. */
  #mount(id: string, vm: VM): void {
    if (this.#place === undefined) return
    this.#place.server.mount(pathOf(this.#place, id), vm)
    this.#mounted.add(id)
  }

  /** The folder stays: its log is a record of what was answered. */
  async #end(id: string, vm: VM): Promise<void> {
    this.#vms.delete(id)
    const isMounted = this.#mounted.delete(id)
    if (isMounted && this.#place !== undefined) this.#place.server.unmount(pathOf(this.#place, id))
    await vm.close()
  }
}

async function discard(vm: VM, dir: string): Promise<void> {
  await vm.close()
  rmSync(dir, { recursive: true, force: true })
}

/** What was made for calls that never came into the log, when the process ended. */
function removeUnclaimed({ service, folder }: Factory): void {
  if (!existsSync(folder)) return
  const wanted = new Set(service.reads.log.list(provisionedFolder))
  for (const id of readdirSync(folder)) {
    const isClaimed = wanted.has(id) || existsSync(join(folder, id, claimFile))
    if (!isClaimed) rmSync(join(folder, id), { recursive: true, force: true })
  }
}

function pathOf({ path }: Place, id: string): string {
  return `${path}/${id}`
}
