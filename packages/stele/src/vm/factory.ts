// A script that provisions other services: NodeVMS's VMFactory. What runs beside it follows from its files: `/.vms/<id>` holds the
// title and the script of a service, so that its log says which there are, and every start finds them again.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import type { RunningService } from '../server/run-service.ts'
import { unclaimedMs, usualMaxVMs } from './limits.ts'
import type { OutsideOptions } from './outside.ts'
import { Failed, NotAllowed } from './outside-errors.ts'
import type { RPCServer } from './rpc-server.ts'
import { type DeployOptions, VM } from './vm.ts'

type Wanted = { readonly title: string; readonly code: string }
type Place = { readonly server: RPCServer; readonly path: string }
type Unclaimed = { readonly vm: VM; readonly timer: NodeJS.Timeout }

const noted = '/.vms'
/** Lies in the folder of a service that a call in the log has provisioned: what has none at a start was never wanted. */
const claimFile = 'provisioned'

/** A VM whose script has `System.vms`: `provisionVM({title, code})` and `shutdownVM(id)`. */
export class VMFactory extends VM {
  readonly #maxVMs: number
  readonly #vms = new Map<string, VM>()
  /** Made for a call that is not in the log yet. */
  readonly #unclaimed = new Map<string, Unclaimed>()
  /** Those that could not be opened are not tried again with every call. */
  readonly #failed = new Set<string>()
  /** Those that the server serves for this factory: what else lies at such a path is another's. */
  readonly #mounted = new Set<string>()
  readonly #provisioning = new Set<Promise<unknown>>()
  #isClosing = false
  #folder = ''
  #place: Place | undefined
  #updating: Promise<void> = Promise.resolve()

  /** `maxVMs`: how many services there may be at once; 100 when absent. */
  constructor(code: string, { maxVMs = usualMaxVMs }: { readonly maxVMs?: number } = {}) {
    super(code)
    this.#maxVMs = maxVMs
  }

  /** The services that the script has provisioned, by their ids. */
  get VMs(): ReadonlyMap<string, VM> {
    return this.#vms
  }

  /** As `VM.deploy`, with the services that were provisioned before. One that cannot be opened is a `notice`, and leaves the others alone. */
  override async deploy(options: DeployOptions): Promise<void> {
    this.#folder = join(resolve(options.dir), 'vms')
    this.#isClosing = false
    await super.deploy(options)
    this.#removeUnclaimed()
    await this.#update()
  }

  /** Serves what is provisioned, now and later, at `<path>/<id>` of the server. */
  setRPCServer(server: RPCServer, path = '/'): void {
    const place = { server, path: path.replace(/\/+$/, '') }
    this.#place = place
    for (const [id, vm] of this.#vms) {
      try {
        this.#mount(id, vm)
      } catch (error) {
        this.#tell(id, error)
      }
    }
  }

  /** Closes the services that it made, and itself. */
  override async close(): Promise<void> {
    this.#isClosing = true
    await Promise.allSettled(this.#provisioning)
    await this.#updating
    for (const [id, { vm, timer }] of this.#unclaimed) {
      clearTimeout(timer)
      await this.#discard(id, vm)
    }
    this.#unclaimed.clear()
    await Promise.all([...this.#vms].map(([id, vm]) => this.#end(id, vm)))
    await super.close()
  }

  protected override provisioning(): OutsideOptions['provision'] {
    return (wanted) => {
      const made = this.#provision(wanted)
      const end = (): void => void this.#provisioning.delete(made)
      this.#provisioning.add(made)
      made.then(end, end)
      return made
    }
  }

  protected override watched(service: RunningService): RunningService {
    return {
      ...service,
      submit: async (request) => {
        const answer = await service.submit(request)
        await this.#update() // Whoever was told of a service finds it.
        return answer
      },
    }
  }

  async #provision({ title, code }: Wanted): Promise<JsonObject> {
    if (this.#isClosing) throw new NotAllowed('Cannot provision a service: this one is closing')
    if (this.#vms.size + this.#unclaimed.size >= this.#maxVMs) {
      throw new NotAllowed(
        `Cannot provision a service: there are ${this.#maxVMs}, as many as this factory may have; shut one down first`,
      )
    }
    const id = randomBytes(8).toString('hex')
    const vm = new VM(code)
    const timer = setTimeout(() => {
      this.#unclaimed.delete(id)
      void this.#discard(id, vm)
    }, unclaimedMs).unref()
    this.#unclaimed.set(id, { vm, timer }) // Counted while it is made.
    try {
      await vm.deploy({ dir: join(this.#folder, id), title })
    } catch (error) {
      clearTimeout(timer)
      this.#unclaimed.delete(id)
      await this.#discard(id, vm)
      if (!isSteleError(error)) throw error
      throw new Failed(`Cannot provision a service: ${error.message}`, 'ProvisionError')
    }
    return { id, ...this.#addressesOf(id, vm) }
  }

  #addressesOf(id: string, vm: VM): JsonObject {
    const place = this.#place
    const own = `stele:${vm.service.identity.origin}`
    const url = place?.server.url === undefined ? own : place.server.url + pathOf(place, id)
    return { callLogUrl: `${url}/-/log/`, filesArchiveUrl: `${url}/-/files/` }
  }

  /** Brings what runs to where the files are; one after the other. */
  #update(): Promise<void> {
    this.#updating = this.#updating
      .then(() => this.#updateNow())
      .catch((error: unknown) => this.#tell('', error))
    return this.#updating
  }

  async #updateNow(): Promise<void> {
    const state = this.filesArchive === null ? undefined : this.service.reads.log
    if (state === undefined) return
    const wanted = new Set(state.list(noted))
    for (const [id, vm] of this.#vms) if (!wanted.has(id)) await this.#end(id, vm)
    for (const id of this.#failed) if (!wanted.has(id)) this.#failed.delete(id)
    for (const id of wanted) {
      if (this.#vms.has(id) || this.#failed.has(id)) continue
      try {
        this.#refuseExcess(id)
        await this.#begin(id, readWanted(state.get(noted, id)))
      } catch (error) {
        this.#failed.add(id)
        this.#tell(id, error)
      }
    }
  }

  /** The script can write any file there, also without asking. */
  #refuseExcess(id: string): void {
    if (!/^[\w-]{1,64}$/.test(id)) throw new Error('its name is none that is given to services')
    if (this.#vms.size >= this.#maxVMs)
      throw new Error(
        `this factory may have ${this.#maxVMs} at once, and has as many (--max-services)`,
      )
  }

  #tell(service: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.emit('notice', { event: 'service_suspended', service, reason })
  }

  async #begin(id: string, { title, code }: Wanted): Promise<void> {
    const made = this.#unclaimed.get(id)
    this.#unclaimed.delete(id)
    clearTimeout(made?.timer)
    const dir = join(this.#folder, id)
    const vm = made?.vm ?? new VM(code)
    if (made === undefined) await vm.deploy({ dir, title })
    writeFileSync(join(dir, claimFile), '')
    vm.on('print', (line) => this.emit('print', line))
    vm.on('notice', (event) => this.emit('notice', event))
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

  async #discard(id: string, vm: VM): Promise<void> {
    await vm.close()
    rmSync(join(this.#folder, id), { recursive: true, force: true })
  }

  /** What was made for calls that never came into the log, when the process ended. */
  #removeUnclaimed(): void {
    if (!existsSync(this.#folder)) return
    const wanted = new Set(this.service.reads.log.list(noted))
    for (const id of readdirSync(this.#folder)) {
      const isClaimed = wanted.has(id) || existsSync(join(this.#folder, id, claimFile))
      if (!isClaimed) rmSync(join(this.#folder, id), { recursive: true, force: true })
    }
  }
}

function pathOf({ path }: Place, id: string): string {
  return `${path}/${id}`
}

/** A script may write there by hand: then it is what it wrote. */
function readWanted(bytes: Uint8Array | undefined): Wanted {
  const value: unknown = JSON.parse(Buffer.from(bytes ?? []).toString() || 'null')
  const { title, code } = isJsonObject(value) ? value : {}
  if (typeof title === 'string' && typeof code === 'string') return { title, code }
  throw new Error('its file holds no title and script')
}
