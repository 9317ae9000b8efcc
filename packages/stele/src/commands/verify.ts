// stele verify <registry url or folder>
import { availableParallelism } from 'node:os'
import type { VerifyReport } from '@stele/audit/report'
import { knownRules } from '@stele/registry'
import { userFolders } from '../user-folders.ts'
import { createCallClock } from '../verify/call-clock.ts'
import { exitCodes } from '../verify/exit-codes.ts'
import { writeWhole } from '../verify/kept-store.ts'
import { defaultCallTimeoutS, maxThreads } from '../verify/limits.ts'
import type { VerifyData } from '../verify/messages.ts'
import { createProgressLine } from '../verify/progress.ts'
import { readOptions, refusedSince } from '../verify/read-options.ts'
import { formatReport, type ShownReport } from '../verify/report-text.ts'
import { verifyInThread } from '../verify/run-in-thread.ts'
import type { Command, Input } from './command.ts'

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
      'Where reading needs an account, it sends what npm would: the credentials for that address in .npmrc, as "npm login" leaves them.',
      'Exit status: 0 verified, 1 does not verify, 2 wrong usage, 3 verified but for what the report names,',
      '4 cannot be reached, or this machine could not do it',
    ],
  },
  run,
  view: formatReport,
  exitCode: ({ verdict }) => exitCodes[verdict],
  endsItself: true,
}

async function run({ positionals, options, environment, main, stop }: Input): Promise<ShownReport> {
  const { rules, out, ...chosen } = readOptions(positionals, options)
  const data: VerifyData = {
    ...chosen,
    ...(await credentialsFor(chosen.source)),
    role: 'verify',
    rules: [...knownRules(), ...rules],
    folders: userFolders(environment),
    calls: createCallClock(maxThreads),
    threads: Math.min(maxThreads, availableParallelism()),
    main: main.href,
  }
  const progress = createProgressLine(process.stderr, Date.now)
  const { report, saved } = await verifyInThread(data, { main, stop, progress }).catch((error) => {
    throw refusedSince(error, options['since']) ?? error
  })
  if (out !== undefined) writeWhole(out, `${JSON.stringify(report, undefined, 2)}\n`)
  return { ...report, warnings: [...hintsOf(report), ...report.warnings], saved }
}

/** Where no rules of a registry ran, it may be none. */
function hintsOf({ url, script, verdict }: VerifyReport): readonly string[] {
  const isKnown = script === null || knownRules().includes(script)
  if (isKnown || verdict !== 'verified_except') return []
  return [
    `No rules of a registry that this version knows run here. If this is the service of a script, use "stele vm verify ${url}": it compares its files too`,
  ]
}

/** What npm would send there: a registry that lets only accounts read wants to know who verifies it. */
async function credentialsFor(
  source: VerifyData['source'],
): Promise<Pick<VerifyData, 'authorization'>> {
  if (source.kind !== 'http') return {}
  const { default: registryAuthToken } = await import('registry-auth-token')
  const found = registryAuthToken(`${source.root}/`)
  return found === undefined ? {} : { authorization: `${found.type} ${found.token}` }
}
