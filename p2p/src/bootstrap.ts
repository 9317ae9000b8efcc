// Where a network begins.
import { SteleError } from 'stele/clone'

/** Nodes of a network that are known. */
export type Bootstrap = readonly { readonly host: string; readonly port: number }[]

/** A node of the network, as `--bootstrap` names it: `host:port`. Throws `usage_wrong`. */
export function parseBootstrap(text: string): Bootstrap[number] {
  const [, host, port] = /^([^\s:/]+|\[[0-9a-f:]+\]):(\d{1,5})$/i.exec(text.trim()) ?? []
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) {
    return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(port) }
  }
  const reason = `--bootstrap "${text}": must be a host and a port, such as 10.0.0.5:49737`
  throw new SteleError('usage_wrong', { reason })
}
