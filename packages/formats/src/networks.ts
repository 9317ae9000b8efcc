// IP addresses and networks in CIDR form: who may use a token, which proxies are trusted, what counts as one client.

/** A network: the address bytes (4 or 16) and how many leading bits count. */
export type Network = { readonly bytes: Uint8Array; readonly bits: number }

const v6Groups = 8
/** ::ffff:0:0/96, which holds the IPv4 addresses. */
const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** The bytes of an address: 4, or 16; an IPv4 address inside IPv6 gives 4, a zone is left out. Undefined: none. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bare = text.replace(/%[^%]*$/, '')
  if (!bare.includes(':')) return parseV4(bare)
  const bytes = parseV6(bare)
  if (bytes === undefined) return undefined
  const isMapped = mappedPrefix.every((byte, index) => bytes[index] === byte)
  return isMapped ? bytes.subarray(12) : bytes
}

/** The network in `address/bits`, or in an address alone. Undefined: none, or bits set beyond the prefix are fine. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const bytes = parseAddress(address)
  if (bytes === undefined) return undefined
  const most = bytes.length * 8
  if (prefix === undefined) return { bytes, bits: most }
  // The prefix of a mapped address counts from the start of its IPv6 form.
  const bits = Number(prefix) - (bytes.length === 4 && address.includes(':') ? 96 : 0)
  return bits >= 0 && bits <= most ? { bytes, bits } : undefined
}

/** True when the address lies in one of the networks. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  const bytes = networks.length === 0 ? undefined : parseAddress(address)
  return bytes !== undefined && networks.some((network) => contains(network, bytes))
}

/** True for 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return isInNetworks(address, loopback)
}

/** True for the Host of a request to this very machine: `localhost`, a name below it, or a loopback address, with or without a port. */
export function isLoopbackHost(host: string | undefined): boolean {
  const bare = (host ?? '').replace(/:\d*$/, '').replace(/^\[|\]$/g, '')
  return /^(?:.+\.)?localhost$/i.test(bare) || isLoopback(bare)
}

/** What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which is one household's. */
export function clientKey(address: string): string {
  const bytes = parseAddress(address)
  if (bytes === undefined) return address.slice(0, 64)
  return Buffer.from(bytes.subarray(0, 8)).toString('hex')
}

/** A host that an operator names. Without a port those that http and https have by themselves. */
export type NamedHost = { readonly name: string; readonly port: number | undefined }

/** A host as it is typed: `example.com`, `example.com:8443`, `127.0.0.1:5000`, `[::1]:80`. Undefined: none. */
export function parseHost(text: string): NamedHost | undefined {
  const [, bare = '', port] = /^([^:[\]]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?$/.exec(text) ?? []
  const url = /^[^/?#@\\*\s]+$/.test(bare) ? URL.parse(`http://${bare}/`) : null
  const number = port === undefined ? undefined : Number(port)
  if (url === null || (number !== undefined && (number < 1 || number > 65_535))) return undefined
  return { name: url.hostname, port: number }
}

/** Whether the host of this address is one of these. */
export function isNamedHost(url: URL, hosts: readonly NamedHost[]): boolean {
  const own = url.protocol === 'https:' ? 443 : 80
  const port = url.port === '' ? own : Number(url.port)
  return hosts.some(
    (one) =>
      one.name === url.hostname && (one.port === undefined ? port === own : one.port === port),
  )
}

const loopback: readonly Network[] = [
  { bytes: Uint8Array.of(127, 0, 0, 0), bits: 8 },
  { bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), bits: 128 },
]

function contains(network: Network, address: Uint8Array): boolean {
  if (network.bytes.length !== address.length) return false
  const whole = network.bits >> 3
  for (let i = 0; i < whole; i++) if (network.bytes[i] !== address[i]) return false
  const rest = network.bits & 7
  const mask = 0xff & (0xff << (8 - rest))
  return rest === 0 || ((network.bytes[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask)
}

// A leading zero means octal to some programs: such an address is nobody's.
const byte = '(0|[1-9]\\d{0,2})'
const v4 = new RegExp(`^${byte}\\.${byte}\\.${byte}\\.${byte}$`)

function parseV4(text: string): Uint8Array | undefined {
  const match = v4.exec(text)
  if (match === null) return undefined
  const bytes = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])]
  return bytes.some((each) => each > 255) ? undefined : Uint8Array.from(bytes)
}

function parseV6(text: string): Uint8Array | undefined {
  const tail = /^(.*:)([^:]*\.[^:]*)$/.exec(text)
  if (tail?.[1] !== undefined && tail[2] !== undefined) {
    const v4 = parseV4(tail[2])
    if (v4 === undefined) return undefined
    const hex = Buffer.from(v4).toString('hex')
    return parseV6(`${tail[1]}${hex.slice(0, 4)}:${hex.slice(4)}`)
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [before = [], after = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = v6Groups - before.length - after.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
