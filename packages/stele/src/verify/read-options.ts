// What was typed after "stele verify", as the verification takes it. All of it is looked at before anything is asked or written.
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isSteleError, reasonOf, SteleError } from '@stele/errors'
import type { Input } from '../command-input.ts'
import { parseCheckpoint } from '../sources/checkpoint.ts'
import { parseLogKey } from '../sources/log-key.ts'
import { parseRegistryUrl, parseSource } from '../sources/registry-source.ts'
import { defaultCallTimeoutS, maxCallTimeoutS, maxSinceFileBytes } from './limits.ts'
import type { VerifyData } from './messages.ts'

type Chosen = Pick<
  VerifyData,
  | 'source'
  | 'url'
  | 'service'
  | 'engines'
  | 'contents'
  | 'key'
  | 'since'
  | 'fresh'
  | 'forget'
  | 'callTimeoutMs'
> & { readonly rules: readonly string[]; readonly out?: string }

type Typed = string | boolean | undefined
type Common = Omit<Chosen, 'source' | 'url' | 'service' | 'contents'>

/** What the user wants. Throws `usage_wrong`, in the words of whoever typed it. */
export function readOptions(positionals: Input['positionals'], options: Input['options']): Chosen {
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) throw wrongUsage('Give the address of one registry')
  const source = parseSource(address, 'verify')
  const publicUrl = options['public-url']
  if (source.kind === 'folder' && publicUrl !== undefined) {
    throw wrongUsage('--public-url is for registries that are served: a folder serves no packages')
  }
  const base =
    typeof publicUrl === 'string'
      ? parseRegistryUrl(publicUrl, 'verify', '--public-url ')
      : undefined
  return {
    source,
    url: source.kind === 'http' ? source.root : source.path,
    service: {
      kind: 'registry',
      bases: source.kind === 'folder' ? undefined : [base ?? source.root],
    },
    contents: options['tarballs'] !== false,
    ...readCommon(options),
  }
}

/** What is the same for every kind of service. Throws `usage_wrong`. */
export function readCommon(options: Input['options']): Common {
  return {
    engines: parseNames('--engine', options['engine']),
    rules: parseNames('--rules', options['rules']),
    ...parseKey(options['key']),
    ...parseSince(options['since']),
    fresh: options['fresh'] === true,
    forget: options['forget'] === true,
    callTimeoutMs: parseCallTimeout(options['call-timeout']),
    ...parseOut(options['out']),
  }
}

function parseKey(text: Typed): Pick<Chosen, 'key'> {
  return typeof text === 'string' ? { key: parseLogKey(text, 'verify') } : {}
}

/** Seconds, given in milliseconds. */
export function parseCallTimeout(text: Typed): number {
  if (typeof text !== 'string') return defaultCallTimeoutS * 1000
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= maxCallTimeoutS) return seconds * 1000
  throw wrongUsage(
    `--call-timeout "${text}": must be a number of seconds from 1 to ${maxCallTimeoutS}`,
  )
}

function parseSince(text: Typed): Pick<Chosen, 'since'> {
  if (typeof text !== 'string') return {}
  if (/^\d{1,15}$/.test(text)) return { since: { size: Number(text) } }
  const file = statSync(text, { throwIfNoEntry: false })
  if (file?.isFile() !== true) {
    const wanted = 'a number of entries, or a file with a signed checkpoint'
    throw wrongUsage(`--since "${text}": must be ${wanted}`)
  }
  const note = file.size > maxSinceFileBytes ? '' : readFileSync(text, 'utf8')
  try {
    return { since: { size: parseCheckpoint(note).size, note } }
  } catch (error) {
    if (!isSteleError(error)) throw error
    throw wrongUsage(`--since "${text}": the file does not hold a signed checkpoint`)
  }
}

/** What is wrong with a checkpoint that only the log's key could tell, undefined for other errors. */
export function refusedSince(error: unknown, text: Typed): SteleError | undefined {
  if (!isSteleError(error, 'checkpoint_invalid') || typeof text !== 'string') return undefined
  const reason = `--since "${text}": is not a checkpoint of this log: ${error.details.reason}`
  return wrongUsage(reason)
}

/** Hex SHA-512 names, separated by commas. */
function parseNames(flag: string, text: Typed): readonly string[] {
  if (typeof text !== 'string') return []
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  const wrong = names.find((name) => !/^[0-9a-f]{128}$/.test(name))
  if (wrong === undefined) return names
  throw wrongUsage(`${flag} "${wrong}": must be a hex SHA-512 (128 hex digits)`)
}

/** A report that cannot be written should not be known only when all has been verified. */
function parseOut(text: Typed): Pick<Chosen, 'out'> {
  if (typeof text !== 'string') return {}
  const out = resolve(text)
  const folder = dirname(out)
  const isFolder = statSync(out, { throwIfNoEntry: false })?.isDirectory() === true
  if (isFolder || text === '') throw wrongUsage(`--out "${text}": must be the name of a file`)
  if (!existsSync(folder)) {
    throw wrongUsage(
      `--out "${text}": there is no folder "${dirname(text)}"; make it first, or give another file`,
    )
  }
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`"${folder}" is not a folder`)
    accessSync(folder, constants.W_OK)
    return { out }
  } catch (error) {
    const reason = reasonOf(error)
    throw wrongUsage(`--out "${text}": cannot be written: ${reason}`)
  }
}

function wrongUsage(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'verify' })
}
