// stele vm verify <host:port>, as NodeVMS's nodevms verify: runs every call of a service again, and compares its log and files.
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { filesRoot, parseListing } from '@stele/entries/paths'
import { isSteleError, SteleError } from '@stele/errors'
import { maxFileBytes } from '../sources/limits.ts'
import { openSource } from '../sources/open-source.ts'
import { filesBeside, parseFilesSource, parseLogSource } from '../sources/service-source.ts'
import { incompleteMark, type Source } from '../sources/source.ts'
import { readUserFile } from '../user-file.ts'
import { userFolders } from '../user-folders.ts'
import { createCallClock } from '../verify/call-clock.ts'
import { exitCodes } from '../verify/exit-codes.ts'
import { writeWhole } from '../verify/kept-store.ts'
import { defaultCallTimeoutS, maxThreads } from '../verify/limits.ts'
import type { VerifyData } from '../verify/messages.ts'
import { createProgressLines, verifying } from '../verify/progress-lines.ts'
import { readCommon } from '../verify/read-options.ts'
import type { ShownReport } from '../verify/report-text.ts'
import { verifyInThread } from '../verify/run-in-thread.ts'
import { formatServiceReport } from '../verify/service-report.ts'
import { type Command, type Input, usageError } from './command.ts'

const name = 'vm verify'
const wrongUsage = usageError(name)

type VerifiedScript = Extract<VerifyData['service'], { kind: 'script' }>

/** Runs a service's log again, and compares. */
export const vmVerify: Command<ShownReport> = {
  usage: {
    name,
    summary: 'Run every call of a service again, and compare its call log and its files',
    arguments: '[host:port, url or folder]',
    options: {
      files: {
        type: 'string',
        value: 'url or folder',
        summary: 'where the files are, if not at the service: a copy of it, or a folder of files',
      },
      log: {
        type: 'string',
        value: 'url or folder',
        summary: 'where the call log is, if not at the service: any copy of it',
      },
      dir: {
        type: 'string',
        value: 'folder',
        summary: "a service's own folder, whose log is verified without a server",
      },
      script: {
        type: 'string',
        value: 'file',
        summary: 'the script that the service must run; entries under any other are excepted',
      },
      key: {
        type: 'string',
        value: 'key',
        summary: "the log's key, or its fingerprint, known beforehand",
      },
      engine: {
        type: 'string',
        value: 'sha512',
        summary: 'a script engine that may run beside those of this version, by its hex SHA-512',
      },
      forget: {
        type: 'boolean',
        summary:
          'forget the log, key and checkpoint that were seen at this address: another history will not be noticed',
      },
      'call-timeout': {
        type: 'string',
        value: 'seconds',
        summary: `how long one call may run (default: ${defaultCallTimeoutS})`,
      },
      out: {
        type: 'string',
        value: 'file',
        summary: 'write the report and the signed checkpoint there, as JSON',
      },
    },
    notes: [
      'A folder is a clone ("stele clone") or a service\'s own. A service\'s own has its log; its files are in that.',
      'The log and checkpoint that were verified are kept: the next verification fails where it finds another history.',
      'Exit status: 0 verified, 1 does not verify, 2 wrong usage, 3 verified but for what the report names,',
      '4 cannot be reached, or this machine could not do it',
    ],
  },
  run,
  view: formatServiceReport,
  exitCode: ({ verdict }) => exitCodes[verdict],
  endsItself: true,
}

async function run({ positionals, options, environment, main, stop }: Input): Promise<ShownReport> {
  const { out, since: _since, ...common } = readShared(options)
  const { source, service } = readPlaces(positionals, options)
  await requireFiles(service)
  const data: VerifyData = {
    ...common,
    source,
    service,
    url: source.kind === 'http' ? source.root : source.path,
    contents: true,
    role: 'verify',
    rules: readScript(options['script']),
    folders: userFolders(environment),
    calls: createCallClock(maxThreads),
    threads: Math.min(maxThreads, availableParallelism()),
    main: main.href,
  }
  const progress = createProgressLines(process.stderr, Date.now, verifying)
  const { report, saved } = await verifyInThread(data, { main, stop, progress })
  if (out !== undefined) writeWhole(out, `${JSON.stringify(report, undefined, 2)}\n`)
  return { ...report, saved }
}

function readPlaces(
  positionals: Input['positionals'],
  options: Input['options'],
): { readonly source: Source; readonly service: VerifiedScript } {
  const [address, ...more] = positionals
  const text = (flag: string): string | undefined => {
    const value = options[flag]
    return typeof value === 'string' ? value : undefined
  }
  const [dir, files, log] = [text('dir'), text('files'), text('log')]
  if (more.length > 0) throw wrongUsage(`Too many arguments: ${more.join(' ')}`)
  if (address !== undefined && dir !== undefined) {
    throw wrongUsage('Give a service or --dir, not both: --files names where its files are')
  }
  const given = log ?? dir ?? address
  if (given === undefined) {
    throw wrongUsage('Say which service: stele vm verify localhost:5555, or --dir <folder>')
  }
  const source: Source = parseLogSource(given, name)
  const elsewhere = files ?? (log === undefined ? undefined : (address ?? dir))
  refuseUnfinished(source)
  const place = elsewhere === undefined ? filesBeside(source) : parseFilesSource(elsewhere, name)
  return { source, service: { kind: 'script', files: place, areWanted: elsewhere !== undefined } }
}

/** Refuses an address without files, which was probably mistyped: the service is not to blame for that. */
async function requireFiles({ files, areWanted }: VerifiedScript): Promise<void> {
  if (!areWanted || files.kind === 'folder') return
  const { status, bytes } = await openSource(files)(filesRoot, maxFileBytes, 'application/json')
  if (parseListing(bytes) !== undefined) return
  const message = 'no service shows its files there'
  throw new SteleError('server_refused', { url: files.root + filesRoot, status, message })
}

/** Refuses a clone whose files are still being written: they may be of several entries, and nobody is to blame. */
function refuseUnfinished(source: Source): void {
  if (source.kind === 'http' || !existsSync(join(source.path, incompleteMark))) return
  const reason =
    'its files are being written, or "stele clone" was stopped meanwhile: run that again'
  throw new SteleError('copy_incomplete', { url: source.path, reason })
}

/** Any script will do, unless one was given. */
function readScript(file: Input['options'][string]): VerifyData['rules'] {
  return typeof file === 'string' ? [hash('sha512', readUserFile(file))] : 'any'
}

function readShared(options: Input['options']): ReturnType<typeof readCommon> {
  try {
    return readCommon(options)
  } catch (error) {
    if (!isSteleError(error, 'usage_wrong')) throw error
    throw wrongUsage(error.details.reason)
  }
}
