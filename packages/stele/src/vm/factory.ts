// A script that provisions other services: NodeVMS's VMFactory.
import { usualMaxVMs } from './limits.ts'
import { ProvisionedServices } from './provisioned-services.ts'
import type { RPCServer } from './rpc-server.ts'
import { setPorts, VM } from './vm.ts'

/**
 * A VM whose script has `System.vms`: `provisionVM({title, code})` and `shutdownVM(id)`. It is deployed with the services that
 * were provisioned before, and closed with them; one that cannot be opened is a `notice`, and leaves the others alone. (A class
 * of VM, as in NodeVMS, so that it can be mounted as one.)
 */
export class VMFactory extends VM {
  readonly #services: ProvisionedServices

  /** `maxVMs`: how many services there may be at once; 100 when absent. */
  constructor(code: string, { maxVMs = usualMaxVMs }: { readonly maxVMs?: number } = {}) {
    super(code)
    this.#services = new ProvisionedServices({
      maxVMs,
      print: (line) => this.emit('print', line),
      notice: (event) => this.emit('notice', event),
    })
    setPorts(this, this.#services.ports)
  }

  /** The services that the script has provisioned, by their ids. */
  get VMs(): ReadonlyMap<string, VM> {
    return this.#services.vms
  }

  /** Serves what is provisioned, now and later, at `<path>/<id>` of the server. */
  setRPCServer(server: RPCServer, path = '/'): void {
    this.#services.serveAt(server, path)
  }
}
