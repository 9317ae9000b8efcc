// stele verify <registry url or folder>
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Verdict } from '@stele/audit/report'
import { SteleError } from '@stele/errors'
import { rulesScript } from '@stele/registry'
import { createCallClock } from '../verify/call-clock.ts'
import { writeWhole } from '../verify/kept-store.ts'
import { defaultCallTimeoutS, maxCallTimeoutS, maxThreads } from '../verify/limits.ts'
import type { Source, VerifyData } from '../verify/messages.ts'
import { createProgressLine } from '../verify/progress.ts'
import { formatReport, type ShownReport } from '../verify/report-text.ts'
import { verifyInThread } from '../verify/run-in-thread.ts'
import type { Command, Input } from './command.ts'

const exitCodes: { readonly [V in Verdict]: number } = {
  verified: 0,
  failed: 1,
  verified_except: 3,
}

/** Replays a registry's log, and compares what the registry serves with it. */
export const verify: Command<ShownReport> = {
  usage: {
    name: 'verify',
    summary: 'Replay the log of a registry, and compare all that it serves with it',
    arguments: '<url or folder>',
    options: {
      key: {
        type: 'string',
        value: 'key',
        summary:
          "the log's key, or its fingerprint, known beforehand; else the served one is taken",
      },
      rules: {
        type: 'string',
        value: 'sha512',
        summary:
          'rules that you have read and accept beside those of this version, by their hex SHA-512 (several: with commas)',
      },
      engine: {
        type: 'string',
        value: 'sha512',
        summary: 'a script engine that may run beside those of this version, by its hex SHA-512',
      },
      tarballs: {
        type: 'boolean',
        summary: 'take every tarball apart; --no-tarballs skips that (default: true)',
      },
      since: {
        type: 'string',
        value: 'size or file',
        summary:
          'a checkpoint that you trust, as its size or its signed note: calls before it are not run again',
      },
      fresh: {
        type: 'boolean',
        summary:
          'replay from the first entry on; the checkpoint that was kept is still compared with',
      },
      forget: {
        type: 'boolean',
        summary:
          'forget the log, key and checkpoint that earlier verifications kept of this address: another history will not be noticed',
      },
      'call-timeout': {
        type: 'string',
        value: 'seconds',
        summary: `how long one call of a script may run (default: ${defaultCallTimeoutS})`,
      },
      out: {
        type: 'string',
        value: 'file',
        summary: 'write the report and the signed checkpoint there, as JSON',
      },
      'public-url': {
        type: 'string',
        value: 'url',
        summary: 'the address that tarballs are served under, where it is another than <url>',
      },
    },
    notes: [
      'A folder is a copy of the public folder of a registry: then the log is verified, and nothing that is served.',
      'What was verified is kept: the next verification goes on from there, and fails where it finds another log or history.',
      'Exit status: 0 verified, 1 does not verify, 2 wrong usage, 3 verified but for what the report names,',
      '4 cannot be reached, or this machine could not do it',
    ],
  },
  run,
  view: formatReport,
  exitCode: ({ verdict }) => exitCodes[verdict],
}

async function run({ positionals, options, environment, main, stop }: Input): Promise<ShownReport> {
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) throw wrongUsage('Give the address of one registry')
  const { key, out } = options
  const source = parseSource(address)
  const data: VerifyData = {
    role: 'verify',
    source,
    bases: basesOf(source, options['public-url']),
    engines: parseNames('--engine', options['engine']),
    url: source.kind === 'http' ? source.root : source.path,
    rules: [hash('sha512', rulesScript()), ...parseNames('--rules', options['rules'])],
    contents: options['tarballs'] !== false,
    ...(typeof key === 'string' ? { key } : {}),
    ...parseSince(options['since']),
    folders: foldersOf(environment),
    fresh: options['fresh'] === true,
    forget: options['forget'] === true,
    callTimeoutMs: parseCallTimeout(options['call-timeout']),
    calls: createCallClock(maxThreads),
    threads: Math.min(maxThreads, availableParallelism()),
    main: main.href,
  }
  const progress = createProgressLine(process.stderr, Date.now)
  const { report, saved } = await verifyInThread(data, { main, stop, progress })
  if (typeof out === 'string') writeWhole(resolve(out), `${JSON.stringify(report, undefined, 2)}\n`)
  return { ...report, saved }
}

/** Where users keep configuration and caches (the XDG base directories). */
function foldersOf(environment: Input['environment']): VerifyData['folders'] {
  const home = environment['HOME'] ?? homedir()
  const folder = (name: string, fallback: string): string => {
    const given = environment[name]
    return join(given === undefined || given === '' ? join(home, fallback) : given, 'stele')
  }
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
  }
}

function basesOf(source: Source, publicUrl: string | boolean | undefined): VerifyData['bases'] {
  if (source.kind === 'folder') return undefined
  return typeof publicUrl === 'string' ? [parseRegistryUrl(publicUrl)] : [source.root]
}

/** Seconds, given in milliseconds. */
export function parseCallTimeout(text: string | boolean | undefined): number {
  if (typeof text !== 'string') return defaultCallTimeoutS * 1000
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= maxCallTimeoutS) return seconds * 1000
  throw wrongUsage(
    `--call-timeout "${text}": must be a number of seconds from 1 to ${maxCallTimeoutS}`,
  )
}

function parseSince(text: string | boolean | undefined): Pick<VerifyData, 'since'> {
  if (typeof text !== 'string') return {}
  if (/^\d{1,15}$/.test(text)) return { since: { size: Number(text) } }
  if (!existsSync(text)) {
    throw wrongUsage(
      `--since "${text}": must be a number of entries, or a file with a signed checkpoint`,
    )
  }
  const note = readFileSync(text, 'utf8')
  const size = Number(note.split('\n')[1])
  if (Number.isSafeInteger(size) && size > 0) return { since: { size, note } }
  throw wrongUsage(`--since "${text}": the file holds no signed checkpoint`)
}

/** Hex SHA-512 names, separated by commas. */
function parseNames(flag: string, text: string | boolean | undefined): readonly string[] {
  if (typeof text !== 'string') return []
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  const wrong = names.find((name) => !/^[0-9a-f]{128}$/.test(name))
  if (wrong === undefined) return names
  throw wrongUsage(`${flag} "${wrong}": must be a hex SHA-512 (128 hex digits)`)
}

/** What is to be verified: an address, or a folder that is there (`file:` or a path). */
export function parseSource(text: string): Source {
  const path = text.startsWith('file:') ? fileURLToPath(text) : text
  const isFolder =
    text.startsWith('file:') || /^[./~]/.test(text) || existsSync(join(path, logInFolder))
  if (!isFolder) return { kind: 'http', root: parseRegistryUrl(text) }
  const folder = resolve(path.replace(/\/-\/log\/*$/, ''))
  if (existsSync(join(folder, logInFolder))) return { kind: 'folder', path: folder }
  throw wrongUsage(
    `There is no log in "${folder}": give a copy of a registry's public folder, which holds -/log`,
  )
}

const logInFolder = '-/log/key'
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** The registry's address without a slash at its end; without a scheme, `http` for this machine and `https` for others. */
export function parseRegistryUrl(text: string): string {
  const hasScheme = text.includes('://')
  const url = URL.parse(hasScheme ? text : `https://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw wrongUsage(`"${text}" is not the address of a registry`)
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw wrongUsage('The address of a registry has no user name, query or fragment')
  }
  if (!hasScheme && loopback.test(url.hostname)) url.protocol = 'http:'
  return url.href.replace(/\/+$/, '').replace(/\/-\/log$/, '')
}

function wrongUsage(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'verify' })
}
