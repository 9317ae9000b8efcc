// What a person at a terminal is told when the server listens, and at which addresses it can be reached.
import type { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { SteleError } from '@stele/errors'
import { isLoopback } from '@stele/formats/networks'
import { flagOf } from '@stele/settings'
import { upstreamSection } from '@stele/upstream'
import type { Settings } from '../settings/load.ts'
import type { AskedUpstream } from '../upstream/asked-upstream.ts'
import { version } from '../version.ts'

/** What the lines are made of. */
export type Started = {
  readonly settings: Settings
  /** Where the server can be reached, the best first; without a slash at the end. */
  readonly addresses: readonly string[]
  readonly origin: string
  readonly isNew: boolean
  /** The registries that are asked for what is not here. */
  readonly upstreams: readonly AskedUpstream[]
  /** Where mnpm has a port of its own. */
  readonly mnpm?: string | undefined
  /** Why writes are refused, where they are. */
  readonly readOnly?: string | undefined
}

/** The server listens for this machine alone. */
export function isOnlyLocal({ host }: Pick<Settings, 'host'>): boolean {
  return host === 'localhost' || isLoopback(host)
}

/** Where the server can be reached: under its public address first, then on each of the machine's own. */
export function reachableAddresses(
  { host, publicUrl, mountPath }: Pick<Settings, 'host' | 'publicUrl' | 'mountPath'>,
  listening: { readonly url: string; readonly port: number },
  interfaces: ReturnType<typeof networkInterfaces>,
): string[] {
  const families = host === '0.0.0.0' ? ['IPv4'] : host === '::' ? ['IPv4', 'IPv6'] : []
  const outer = Object.values(interfaces)
    .flatMap((found) => found ?? [])
    .filter(({ family, internal }) => families.includes(family) && !internal)
    // A link-local address works only with the name of an interface behind it.
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'))
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
    .map((address) => `http://${address}:${listening.port}${mountPath}`)
  const own = [...outer, `${listening.url}${mountPath}`]
  return publicUrl === null ? own : [publicUrl, ...own]
}

/** The lines. */
export function formatStarted(started: Started): string {
  const { settings, addresses, origin, upstreams, readOnly, mnpm } = started
  const [address = '', ...others] = addresses
  const rootKey = join(settings.dir, 'keys', 'root.key')
  const rows: readonly (readonly [string, string])[] = [
    ['Address', [address, ...others].join('\n')],
    ...(mnpm === undefined ? [] : [['mnpm', mnpm] as const]),
    ['Data', settings.dir],
    ['Sign-up', signUpText(settings)],
    ...(settings.access === 'authenticated' ? [['Reading', 'only with an account'] as const] : []),
    ...(upstreams.length === 0
      ? []
      : [['Upstream', upstreams.map(upstreamText).join('\n')] as const, ...heldBackRows(settings)]),
    ['Log', origin],
  ]
  return [
    `Stele ${version}: ${stateText(started)}`,
    '',
    ...(readOnly === undefined
      ? []
      : [`No writes are taken: ${readOnly}.`, writesFix(origin, readOnly), '']),
    ...rows.flatMap(([name, text]) =>
      text.split('\n').map((line, at) => `  ${(at === 0 ? name : '').padEnd(9)}${line}`),
    ),
    '',
    ...(origin.startsWith('localhost/') ? [trialText(settings), ''] : []),
    `Keep a copy of ${rootKey} in another place.`,
    'It signs takedowns and changes of the rules, and nothing can replace it.',
    '',
    `Next: open ${address} in a browser, or run "npm login --registry ${address}".`,
    'Press Ctrl-C to stop.',
    '',
  ].join('\n')
}

function upstreamText({ id, url, scopes }: AskedUpstream): string {
  return `${id}, ${url}, for ${scopes.length === 0 ? 'everything else' : scopes.join(', ')}`
}

function heldBackRows({ read }: Settings): readonly (readonly [string, string])[] {
  const { upstreamBlocked: blocked, upstreamMinimumAgeMs: ageMs } = read(upstreamSection)
  const shown = blocked.slice(0, maxBlockedShown).join(', ')
  const more = blocked.length - maxBlockedShown
  return [
    ...(blocked.length === 0
      ? []
      : [['Blocked', more > 0 ? `${shown}, and ${more} more` : shown] as const]),
    ...(ageMs === 0
      ? []
      : [['Age', `versions younger than ${formatAge(ageMs)} are held back`] as const]),
  ]
}

const maxBlockedShown = 5

function formatAge(ageMs: number): string {
  const [count, unit] = ageUnits
    .map(([unitMs, name]) => [ageMs / unitMs, name] as const)
    .find(([units]) => Number.isInteger(units)) ?? [ageMs, 'ms']
  return `${count} ${unit}`
}

const ageUnits = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const

function stateText({ isNew, readOnly }: Started): string {
  if (readOnly !== undefined) return 'your package registry can only be read'
  return `${isNew ? 'a new package registry' : 'your package registry'} is running`
}

function writesFix(origin: string, reason: string): string {
  return `${new SteleError('log_inconsistent', { origin, reason }).fix ?? ''}.`
}

function signUpText(settings: Settings): string {
  const { signUp, publicUrl, trustedProxies } = settings
  const flag = `--${flagOf('', 'signUp')}`
  if (signUp === 'open') return `open to everyone who reaches this address (${flag} open)`
  if (
    signUp === 'auto' &&
    isOnlyLocal(settings) &&
    publicUrl === null &&
    trustedProxies.length === 0
  ) {
    return 'open to everyone on this machine, closed to all others'
  }
  return 'closed: add people with "stele user add <name>"'
}

/** The log's name is in every checkpoint: it cannot be changed later. */
function trialText({ dir }: Settings): string {
  return [
    'This is a trial on this machine: the log keeps its localhost name for ever.',
    'For a registry that will have an address of its own, start with an empty folder and',
    `--${flagOf('', 'publicUrl')} https://registry.example (or --origin registry.example), not with ${dir}.`,
  ].join('\n')
}
