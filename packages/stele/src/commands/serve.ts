// stele serve
import { networkInterfaces } from 'node:os'
import { SteleError } from '@stele/errors'
import { createAdmit } from '@stele/faces/access'
import { createApp, createTally, type HttpEvent, type Tally } from '@stele/http'
import { flagOf, variableOf } from '@stele/settings'
import { createLineWriter } from '../line-writer.ts'
import { createLogger, type Logger } from '../logger.ts'
import { listenAdmin } from '../server/admin.ts'
import { formatStarted, isOnlyLocal, reachableAddresses } from '../server/announce.ts'
import { type Doors, openDoors } from '../server/doors.ts'
import { httpLoudness, serviceLoudness, wantsAccessEvent } from '../server/loudness.ts'
import { openServer, type Server } from '../server/open-server.ts'
import { loadSettings, type Settings, sections } from '../settings/load.ts'
import { aborted } from '../stop-signal.ts'
import { passVia } from '../upstream/via.ts'
import type { Command, Input, Usage } from './command.ts'

type Report = { readonly origin: string; readonly stopped: string }

/** Serves a registry until it is asked to stop. */
export const serve: Command<Report> = {
  usage: {
    name: 'serve',
    summary: 'Serve a registry',
    arguments: '',
    options: settingOptions(),
    notes: [
      'Flags win over the environment, that over the file, that over the defaults',
      'The file holds "key: value" lines; a key is the flag in camel case, such as publicUrl',
      'What belongs to a part stands below its name: --mnpm-mirrors is "mirrors" below "mnpm"',
      `In the environment --public-url is ${variableOf('', 'publicUrl')}`,
    ],
  },
  run: async (input) => {
    if (input.positionals.length > 0) {
      const reason = `Too many arguments: ${input.positionals.join(' ')}`
      throw new SteleError('usage_wrong', { reason, command: 'serve' })
    }
    return run(readSettings(input), input)
  },
  view: () => '',
  endsItself: true,
}

async function run(settings: Settings, input: Input): Promise<Report> {
  const { main, early, stop } = input
  const format = formatOf(settings, input)
  const { write, flush } = createLineWriter(
    (text) => process.stderr.write(text),
    (end) => process.nextTick(end), // After the promises that wait for the same commit, before anything else.
  )
  process.once('exit', flush)
  const log = createLogger({ least: settings.logLevel, format, write })
  // What was opened is closed again in the reverse order, however this ends.
  await using open = new AsyncDisposableStack()
  const report = ({ event, ...facts }: { readonly event: string }): void => {
    log(serviceLoudness(event), event, facts)
  }
  const tally = createTally()
  const reportHttp = (event: HttpEvent): void => {
    tally.note(event)
    const { type, ...facts } = event
    const { notes, ...others } = { notes: {}, ...facts }
    log(httpLoudness(event), type, { ...others, ...notes })
  }
  const doors = await openDoors(settings, reportHttp)
  const { listening } = doors.main
  const opened = openServer(settings, { main, early, report }).catch(async (error: unknown) => {
    await doors.stop(0)
    throw error
  })
  const server = open.adopt(await opened, (one) => one.close())
  reportRules(server, log)
  open.adopt(doors, (one) => one.stop())
  open.adopt(await listenAdmin(server, log), (one) => one.close())
  openApps({ server, settings, doors, tally }, reportHttp)
  const addresses = reachableAddresses(settings, listening, networkInterfaces())
  const { origin, upstreams } = server
  if (format === 'json') {
    const { dir } = settings
    const { blocked, minimumAgeMs } = server.registry.heldBack ?? {}
    const others = { blocked, minimumAgeMs, mnpm: doors.mnpm?.listening.url }
    log('info', 'listening', { url: listening.url, addresses, origin, dir, upstreams, ...others })
  } else {
    const isNew = server.log.treeSize() <= 1
    const { readOnly } = await server.service.ready.catch(() => ({ readOnly: undefined }))
    const mnpm = doors.mnpm?.listening.url
    write(`${formatStarted({ settings, addresses, origin, isNew, upstreams, readOnly, mnpm })}\n`)
  }
  reportReady(server, log)
  await aborted(stop)
  log('info', 'stopping', { signal: String(stop.reason) })
  await open.disposeAsync()
  log('info', 'stopped')
  return { origin, stopped: String(stop.reason) }
}

function formatOf({ logFormat }: Settings, { isTerminal }: Input): 'text' | 'json' {
  if (logFormat !== 'auto') return logFormat
  return isTerminal ? 'text' : 'json'
}

/** A release with other rules changes nothing by itself: only the holder of the root key does. */
function reportRules({ ruleDifferences }: Server, log: Logger): void {
  const differs = ruleDifferences()
  if (differs.length === 0) return
  const next = 'goes on with those of the log; "stele rules update" puts this release\'s in force'
  log('info', 'rules_differ_from_release', { differs: differs.join(', '), next })
}

function reportReady({ service }: Server, log: Logger): void {
  service.ready.then(
    ({ readOnly }) => log('info', 'service_ready', { readOnly }), // Why, "read_only" has said as an error.
    (error: unknown) => log('error', 'service_failed', { reason: String(error) }),
  )
}

type Running = {
  readonly server: Server
  readonly settings: Settings
  readonly doors: Doors
  readonly tally: Tally
}

/** Behind each door the app of the faces that belong there. */
function openApps(
  { server, settings, doors, tally }: Running,
  report: (event: HttpEvent) => void,
): void {
  const { publicUrl, trustedProxies, mountPath, signUp } = settings
  const isClosed = settings.access === 'authenticated'
  const addresses = {
    ...(publicUrl === null ? {} : { publicUrl }),
    mountPath,
    trustedProxies,
    listensOnLoopback: isOnlyLocal(settings),
  }
  const isPublished = publicUrl !== null || trustedProxies.length > 0
  const faces = server.openFaces(
    {
      isPublic: publicUrl !== null && !isClosed,
      isClosed,
      counts: () => ({ requests: tally.requests, publishes: tally.noted('published') }),
      connections: doors.connections,
      signUp: { signUp, listensOnLoopback: addresses.listensOnLoopback, isPublished },
    },
    settings.read,
  )
  const noteAnswer = (method: string, status: number): boolean => {
    tally.noteAnswer(status)
    return wantsAccessEvent(settings.logLevel, method, status)
  }
  const { version, accounts } = server
  const admit = isClosed ? { admit: createAdmit(accounts) } : {}
  const edge = { now: Date.now, report, noteAnswer, version, ...admit }
  const ofServer = faces.filter((face) => face.port === undefined)
  const ofMnpm = faces.filter((face) => face.port !== undefined)
  doors.main.open(passVia(createApp({ ...edge, faces: ofServer, settings: addresses })))
  // Proxies in front of the registry do not stand in front of this port, unless they are trusted ones.
  const own = {
    mountPath: '',
    trustedProxies,
    listensOnLoopback: addresses.listensOnLoopback && publicUrl === null,
  }
  doors.mnpm?.open(createApp({ ...edge, faces: ofMnpm, settings: own }))
}

function readSettings({ options, environment }: Input): Settings {
  const { config, ...flags } = options
  const file = typeof config === 'string' ? config : environment['STELE_CONFIG']
  return loadSettings({ flags, environment, file })
}

function settingOptions(): Usage['options'] {
  const options = sections.flatMap(({ name, fields }) =>
    Object.entries(fields).map(([key, { summary, fallback }]) => {
      const usual =
        typeof fallback === 'number' || typeof fallback === 'boolean' || isText(fallback)
          ? ` (default ${fallback})`
          : ''
      return [
        flagOf(name, key),
        { type: 'string', value: 'value', summary: summary + usual, mayBeEmpty: true },
      ] as const
    }),
  )
  const config = {
    type: 'string',
    value: 'file',
    summary: 'the configuration file (default ./stele.yaml)',
  } as const
  return { ...Object.fromEntries(options), config }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
