// stele serve
import { SteleError } from '@stele/errors'
import { isLoopback } from '@stele/formats/networks'
import { createApp, type HttpEvent, listen } from '@stele/http'
import { openFaces } from '../faces.ts'
import { createLogger, type Logger } from '../logger.ts'
import { listenAdmin } from '../server/admin.ts'
import { openServer, type Server } from '../server/open-server.ts'
import { flagOf, loadSettings, variableOf } from '../settings/load.ts'
import { type Settings, schema } from '../settings/schema.ts'
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
      `In the environment --public-url is ${variableOf('publicUrl')}`,
    ],
  },
  run: async (input) => {
    if (input.positionals.length > 0) {
      const reason = `Too many arguments: ${input.positionals.join(' ')}`
      throw new SteleError('usage_wrong', { reason, command: 'serve' })
    }
    const settings = readSettings(input)
    const log = createLogger(settings.logLevel, (line) => process.stderr.write(line))
    return run(settings, log, input)
  },
  view: () => '',
}

async function run(settings: Settings, log: Logger, { main, stop }: Input): Promise<Report> {
  // What was opened is closed again in the reverse order, however this ends.
  await using open = new AsyncDisposableStack()
  const report = ({ event, ...facts }: { readonly event: string }): void => {
    log(loudnessOf(event), event, facts)
  }
  const server = open.adopt(await openServer(settings, { main, report }), (one) => one.close())
  const { host, port, trustedProxies } = settings
  const reportHttp = (event: HttpEvent): void => {
    const { type, ...facts } = event
    log(httpLoudness(event), type, facts)
  }
  const app = createServerApp(server, settings, reportHttp)
  open.adopt(await listenAdmin(server), (one) => one.close())
  const listening = await listen(app, { host, port, trustedProxies, report: reportHttp })
  open.adopt(listening, (one) => one.stop())
  const { origin } = server
  log('info', 'listening', { url: listening.url, origin, dir: settings.dir })
  server.engine.ready.then(
    ({ readOnly }) => log(readOnly === undefined ? 'info' : 'error', 'engine_ready', { readOnly }),
    (error: unknown) => log('error', 'engine_failed', { reason: String(error) }),
  )
  await aborted(stop)
  log('info', 'stopping', { signal: String(stop.reason) })
  await open.disposeAsync()
  log('info', 'stopped')
  return { origin, stopped: String(stop.reason) }
}

function createServerApp(
  server: Server,
  settings: Settings,
  report: (event: HttpEvent) => void,
): ReturnType<typeof createApp> {
  const { host, publicUrl, trustedProxies, mountPath, signUp } = settings
  const addresses = {
    ...(publicUrl === null ? {} : { publicUrl }),
    mountPath,
    trustedProxies,
    listensOnLoopback: host === 'localhost' || isLoopback(host),
  }
  const isPublished = publicUrl !== null || trustedProxies.length > 0
  const faces = openFaces(
    {
      registry: server.registry,
      accounts: server.accounts,
      log: server.log,
      prove: server.engine.prove,
      writesRefused: server.engine.writesRefused,
      isPublic: publicUrl !== null,
      signUp: { signUp, listensOnLoopback: addresses.listensOnLoopback, isPublished },
    },
    settings,
  )
  return createApp({ faces, settings: addresses, now: Date.now, report })
}

function readSettings({ options, environment }: Input): Settings {
  const { config, ...flags } = options
  const file = typeof config === 'string' ? config : environment['STELE_CONFIG']
  return loadSettings({ flags, environment, file })
}

function settingOptions(): Usage['options'] {
  const options = Object.entries(schema).map(([key, { summary, fallback }]) => {
    const usual =
      fallback === null || fallback === '' || typeof fallback === 'object'
        ? ''
        : ` (default ${fallback})`
    return [flagOf(key), { type: 'string', value: 'value', summary: summary + usual }] as const
  })
  const config = {
    type: 'string',
    value: 'file',
    summary: 'the configuration file (default ./stele.yaml)',
  } as const
  return { ...Object.fromEntries(options), config }
}

/** Reads are many and say little; writes, and what went wrong, are what an operator looks for. */
function httpLoudness(event: HttpEvent): 'debug' | 'info' | 'error' {
  if (event.type === 'bug') return 'error'
  if (event.type !== 'access') return 'debug'
  if (event.status >= 500) return 'error'
  return event.method === 'GET' || event.method === 'HEAD' ? 'debug' : 'info'
}

const loud = [
  'read_only',
  'commit_failed',
  'engine_restarted',
  'engine_suspended',
  'publish_failed',
  'snapshot_failed',
]

function loudnessOf(event: string): 'debug' | 'info' | 'error' {
  if (loud.includes(event)) return 'error'
  return event === 'commit' ? 'debug' : 'info'
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
