// stele verify <registry url>

import { hash } from 'node:crypto'
import type { Verdict, VerifyReport } from '@stele/audit'
import { SteleError } from '@stele/errors'
import { rulesScript } from '@stele/registry'
import { createProgressLine } from '../verify/progress.ts'
import { formatReport } from '../verify/report-text.ts'
import { verifyInThread } from '../verify/run-in-thread.ts'
import type { Command, Input } from './command.ts'

const exitCodes: { readonly [V in Verdict]: number } = {
  verified: 0,
  failed: 1,
  verified_except: 3,
}

/** Replays a registry's log, and compares what the registry serves with it. */
export const verify: Command<VerifyReport> = {
  usage: {
    name: 'verify',
    summary: 'Replay the log of a registry, and compare all that it serves with it',
    arguments: '<url>',
    options: {
      key: {
        type: 'string',
        value: 'vkey',
        summary: "the log's key, known beforehand; else the served one is taken",
      },
      rules: {
        type: 'string',
        value: 'sha512',
        summary:
          'rules that you have read and accept beside those of this version, by their hex SHA-512 (several: with commas)',
      },
      tarballs: {
        type: 'boolean',
        summary: 'take every tarball apart; --no-tarballs skips that (default: true)',
      },
    },
    notes: [
      'Exit status: 0 verified, 1 failed, 3 verified but for what was taken down in the open',
    ],
  },
  run,
  view: formatReport,
  exitCode: ({ verdict }) => exitCodes[verdict],
}

async function run({ positionals, options, main, stop }: Input): Promise<VerifyReport> {
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) throw wrongUsage('Give the address of one registry')
  const { key } = options
  const progress = createProgressLine(process.stderr, Date.now)
  const data = {
    url: parseRegistryUrl(address),
    rules: [hash('sha512', rulesScript()), ...parseNames(options['rules'])],
    tarballs: options['tarballs'] !== false,
    ...(typeof key === 'string' ? { key } : {}),
  }
  return verifyInThread(data, { main, stop, progress })
}

/** Hex SHA-512 names, separated by commas. */
function parseNames(text: string | boolean | undefined): readonly string[] {
  if (typeof text !== 'string') return []
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  const wrong = names.find((name) => !/^[0-9a-f]{128}$/.test(name))
  if (wrong === undefined) return names
  throw wrongUsage(`--rules "${wrong}": must be the hex SHA-512 of a script (128 hex digits)`)
}

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
  return url.href.replace(/\/+$/, '')
}

function wrongUsage(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'verify' })
}
