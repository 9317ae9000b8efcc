// What the JS Registry face needs of the server.
import type { NamedHost } from '@stele/formats/networks'
import type { NpmPorts } from '../npm/index.ts'

/** Reads and publishes of the registry, the log's blobs, who asks, and the network where addresses can be uploaded from. */
export type JsRegistryPorts = Pick<NpmPorts, 'registry' | 'accounts' | 'log'> & {
  readonly fetchFrom: FetchFrom
}

/** Fetches from these hosts, and no others. Throws address_refused, address_unreachable, which also more than `maxBytes` are. */
export type FetchFrom = (
  hosts: readonly NamedHost[],
) => (url: URL, maxBytes: number) => Promise<Uint8Array>
