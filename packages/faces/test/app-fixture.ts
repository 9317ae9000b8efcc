// An app over fakes, and short ways to ask it something.
import { createHash } from 'node:crypto'
import { createAccounts, type RateLimits, type SignUpSettings } from '@stele/accounts'
import {
  type AddressSettings,
  type App,
  createApp,
  createTally,
  type HttpEvent,
  type Reply,
} from '@stele/http'
import { packArchive } from '@stele/scanner/archives'
import { createMemoryAccountStore } from '../../accounts/test/memory-account-store.ts'
import { ask } from '../../http/test/incoming.ts'
import { createAdmit } from '../src/access.ts'
import { type HealthPorts, healthFace } from '../src/health/index.ts'
import {
  type JsRegistryPorts,
  type JsRegistrySettings,
  jsRegistryFace,
} from '../src/jsregistry/index.ts'
import { defaultMaxUploadBytes } from '../src/limits.ts'
import { type LogPorts, type LogReads, logFace } from '../src/log/index.ts'
import { mnpmFace } from '../src/mnpm/index.ts'
import { type NpmPorts, type NpmSettings, npmFace } from '../src/npm/index.ts'
import { type WebPorts, webFace } from '../src/web/index.ts'
import { createFakeRegistry, type FakeRegistry } from './fake-registry.ts'

/** All that a fixture can be told. */
export type FixtureSettings = AddressSettings &
  NpmSettings &
  JsRegistrySettings & {
    readonly signUp: SignUpSettings['signUp']
    readonly listensOnLoopback: boolean
    readonly access: 'public' | 'authenticated'
  }

type FixturePorts = NpmPorts & LogPorts & WebPorts & HealthPorts & JsRegistryPorts

export type Fixture = {
  readonly app: App
  readonly registry: FakeRegistry
  readonly ports: FixturePorts
  readonly events: HttpEvent[]
  readonly clock: { nowMs: number }
}

const openSettings: FixtureSettings = {
  signUp: 'open',
  listensOnLoopback: true,
  access: 'public',
  mountPath: '',
  trustedProxies: [],
  maxUploadBytes: defaultMaxUploadBytes,
  'distribution.enabled': true,
  'upload.hosts': [],
}

export function createFixture(
  options: {
    readonly settings?: Partial<FixtureSettings>
    readonly ports?: Partial<FixturePorts>
    readonly rateLimits?: Partial<RateLimits>
  } = {},
): Fixture {
  const clock = { nowMs: Date.parse('2026-11-21T10:00:00.250Z') }
  const now = (): number => clock.nowMs
  const registry = createFakeRegistry(now)
  const events: HttpEvent[] = []
  const accounts = createAccounts({
    store: createMemoryAccountStore(),
    now,
    random: createRandom(),
    settings: {
      passwordCost: { memoryKib: 8, passes: 1, parallelism: 1 },
      rateLimits: options.rateLimits ?? {},
    },
  })
  const settings = { ...openSettings, ...options.settings }
  const { signUp, listensOnLoopback, publicUrl, trustedProxies } = settings
  const isPublished = publicUrl !== undefined || trustedProxies.length > 0
  const tally = createTally()
  const ports: FixturePorts = {
    registry,
    accounts,
    log: fakeLog(registry),
    prove: async (queries) => Buffer.from(`proof of ${queries.length}`),
    isPublic: publicUrl !== undefined,
    isClosed: settings.access === 'authenticated',
    fetchFrom: () => async (url) => {
      throw new Error(`Nothing is fetched here: ${url.href}`)
    },
    packArchive,
    counts: () => ({ requests: tally.requests, publishes: tally.noted('published') }),
    connections: () => 0,
    signUp: { signUp, listensOnLoopback, isPublished },
    ...options.ports,
  }
  const report = (event: HttpEvent): void => {
    tally.note(event)
    events.push(event)
  }
  const faces = [
    webFace.open(ports, {}),
    npmFace.open(ports, settings),
    logFace.open(ports, {}),
    healthFace.open(ports, {}),
    mnpmFace.open(ports, { mirrors: ['https://mirror.example/basepath'], port: null }),
    jsRegistryFace.open(ports, settings),
  ]
  const noteAnswer = (_method: string, status: number): true => {
    tally.noteAnswer(status)
    return true
  }
  const version = (): number => registry.calls.length
  const admit = settings.access === 'authenticated' ? { admit: createAdmit(accounts) } : {}
  const app = createApp({ faces, settings, now, report, noteAnswer, version, ...admit })
  return { app, registry, ports, events, clock }
}

/** Random bytes that are the same in every run. */
function createRandom(): (size: number) => Uint8Array {
  let count = 0
  return (size) => {
    count++
    return createHash('shake256', { outputLength: size }).update(String(count)).digest()
  }
}

/** A log of 300 entries, whose tiles hold their own place as text. */
function fakeLog(registry: FakeRegistry): LogReads {
  const text = (...parts: readonly unknown[]): Uint8Array => Buffer.from(parts.join(' '))
  return {
    checkpoint: () => text('checkpoint'),
    head: () => text('head'),
    keys: () => 'key\nclock\n',
    treeSize: () => 300,
    tile: (level, index, width) => text('tile', level, index, width),
    bundle: (kind, index, width) => text(kind, index, width),
    blob: (name) => registry.blobs.get(name),
    takenDown: () => undefined,
  }
}

/** The reply's body as text. */
export function textOf(reply: Reply): string {
  const { body } = reply
  if (body === undefined) return ''
  if (!(body instanceof Uint8Array)) throw new Error('The reply is a file')
  return Buffer.from(body).toString('utf8')
}

/** The reply's body as JSON. */
export function jsonOf(reply: Reply): Record<string, unknown> {
  const value: unknown = JSON.parse(textOf(reply))
  if (typeof value !== 'object' || value === null) throw new Error('The reply is no JSON object')
  return Object.fromEntries(Object.entries(value))
}

/** Signs up and gives the headers that say so. */
export async function signUp(
  { app }: Fixture,
  name: string,
): Promise<{ authorization: string; token: string }> {
  const body = { name, password: `password of ${name}`, email: `${name}@example.com` }
  const reply = await app(ask('PUT', `/-/user/org.couchdb.user:${name}`, { body }))
  const token = String(jsonOf(reply)['token'])
  return { authorization: `Bearer ${token}`, token }
}

/** A publish document as npm sends it, with any bytes as tarball. */
export function publishDocument(
  name: string,
  version: string,
  tarball: Uint8Array = Buffer.from(`tarball of ${name}@${version}`),
): Record<string, unknown> {
  return {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, dist: { integrity: 'sha512-x', shasum: 'x' } } },
    access: null,
    _attachments: {
      [`${name}-${version}.tgz`]: {
        content_type: 'application/octet-stream',
        data: Buffer.from(tarball).toString('base64'),
        length: tarball.length,
      },
    },
  }
}
