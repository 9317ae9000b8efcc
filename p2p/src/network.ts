// The network of peers: hyperswarm, and what of it is stored on this disk.
import { isIPv4 } from 'node:net'
import Corestore from 'corestore'
import HyperDHT from 'hyperdht'
import Hyperswarm from 'hyperswarm'
import type { Bootstrap } from './bootstrap.ts'

/** A place in the network, with the drives that are stored in its folder. */
export type Network = {
  readonly store: Corestore
  readonly swarm: Hyperswarm
  readonly close: () => Promise<void>
}

/** Opens the store in this folder, and goes to the network; the public one where no nodes are named. Throws what the store does. */
export async function openNetwork(folder: string, bootstrap: Bootstrap = []): Promise<Network> {
  const store = new Corestore(folder)
  await store.ready()
  const swarm = new Hyperswarm({ dht: new HyperDHT(placeIn(bootstrap)) })
  swarm.on('connection', (connection) => {
    connection.on('error', () => undefined) // Peers come and go; whoever waits for one hears of it otherwise.
    store.replicate(connection)
  })
  return {
    store,
    swarm,
    close: async () => {
      await swarm.destroy()
      await store.close()
    },
  }
}

/** On one machine nobody stands between peers: punching holes would fail there. */
function placeIn(bootstrap: Bootstrap): ConstructorParameters<typeof HyperDHT>[0] {
  if (bootstrap.length === 0) return {}
  const isHere = bootstrap.every(({ host }) => isIPv4(host) && host.startsWith('127.'))
  const here = { host: '127.0.0.1', ephemeral: true, firewalled: false } as const
  return { bootstrap, ...(isHere ? here : {}) }
}
