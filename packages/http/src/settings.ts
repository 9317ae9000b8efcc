// The settings of the edge: where it listens, and under which addresses it is reached.
import { type Network, parseNetwork } from '@stele/formats/networks'
import { kindOf, list, port, type Section, text, url } from '@stele/settings'

/** What the operator says about the edge. */
export type EdgeSettings = {
  readonly port: number
  readonly host: string
  readonly publicUrl: string | null
  readonly mountPath: string
  readonly trustedProxies: readonly Network[]
}

const network = kindOf<Network>('an IP address or CIDR range', (found) =>
  typeof found === 'string' ? parseNetwork(found) : undefined,
)

/** Its settings stand at the top of the file. */
export const edgeSection: Section<EdgeSettings> = {
  name: '',
  fields: {
    port: { summary: 'the port to listen on; 0 takes a free one', kind: port, fallback: 4873 },
    host: {
      summary: 'the address to listen on',
      kind: text('a host name or an IP address', /^[\w.:-]+$/),
      fallback: 'localhost',
    },
    publicUrl: {
      summary: 'the address that clients use, where a proxy stands in front',
      kind: url,
      fallback: null,
    },
    mountPath: {
      summary: 'the path that requests arrive with in front, where the registry is not at the root',
      kind: text('a path such as /team, without a slash at its end', /^(?:\/[\w.~-]+)*$/),
      fallback: '',
    },
    trustedProxies: {
      summary: 'addresses of proxies whose forwarding headers count',
      kind: list(network),
      fallback: [],
    },
  },
}
