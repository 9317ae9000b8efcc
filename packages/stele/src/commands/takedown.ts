// stele takedown <name@version> | <integrity> | <entry> --part P, --reason TEXT
import type { WithheldPart } from '@stele/entries/bodies'
import { isPlainLine, SteleError } from '@stele/errors'
import { isJsonObject } from '@stele/formats/json'
import type { AdminAsk, Spec } from '../server/admin-ask.ts'
import { askServer, serverOptions } from '../server/with-server.ts'
import type { Command, Input } from './command.ts'

type Report = { readonly deleted: string; readonly index: number; readonly left?: string }
/** What to delete, in words for the person who confirms it. */
type Target = { readonly part: WithheldPart; readonly words: string; readonly release?: Spec }

/** Deletes a part of the log, which shows for ever that it was there. */
export const takedown: Command<Report> = {
  usage: {
    name: 'takedown',
    summary: 'Delete a tarball or a part of the log; the log shows for ever that it was there',
    arguments: '<name@version> | <sha512-…> | <entry number>',
    options: {
      ...serverOptions,
      part: {
        type: 'string',
        value: 'body|effects|values',
        summary: 'which part of the entry, where a number is given',
      },
      reason: { type: 'string', value: 'text', summary: 'why; it is public' },
      yes: { type: 'boolean', short: 'y', summary: 'do not ask' },
    },
    notes: [
      'A version is also removed from its package: nobody can install it, and "latest" moves on',
      'The integrity of a tarball, or its SHA-512 in hex, deletes the tarball alone',
      'Hashes and proofs stay as they are. "stele verify" then reports what it could not check',
    ],
  },
  run: async (input) => {
    const { what, reason } = parseInput(input)
    const target = await findTarget(input, what)
    await confirm(input, target)
    const { part, release, words } = target
    const ask: AdminAsk = { do: 'take_down', withhold: [part], reason }
    const answer = await askServer(input, release === undefined ? ask : { ...ask, release })
    const { index, left } = isJsonObject(answer) ? answer : {}
    const report = { deleted: words, index: Number(index) }
    return typeof left === 'string' ? { ...report, left } : report
  },
  view: ({ deleted, index, left }) => {
    const done = `Took down ${deleted}; entry ${index} of the log says so`
    if (left === undefined) return done
    return `${done}\nIts bytes are not gone from the disk yet: ${left}. The server erases them as soon as it can`
  },
}

function parseInput({ positionals, options }: Input): { what: string; reason: string } {
  const [what, ...rest] = positionals
  if (what === undefined) {
    throw usageWrong(
      "Say what to take down: name@version, a tarball's integrity, or an entry number",
    )
  }
  if (rest.length > 0) throw usageWrong(`Too many arguments: ${rest.join(' ')}`)
  const reason = options['reason']
  if (typeof reason !== 'string' || reason === '') {
    throw usageWrong('Say why with --reason; everyone can read it')
  }
  if (!isPlainLine(reason)) {
    throw usageWrong('--reason must be one line, without control characters')
  }
  return { what, reason }
}

async function findTarget(input: Input, what: string): Promise<Target> {
  const { part } = input.options
  if (/^\d{1,15}$/.test(what)) {
    if (part === 'body' || part === 'effects' || part === 'values') {
      const entry = Number(what)
      return { part: { entry, part }, words: `the ${part} of entry ${entry}` }
    }
    throw usageWrong('Say which part of the entry: --part body, effects or values')
  }
  if (part !== undefined) throw usageWrong('--part goes with the number of an entry')
  const found = await askServer(input, { do: 'find_blob', what })
  const { blob, size, name, version } = isJsonObject(found) ? found : {}
  if (typeof blob !== 'string') throw new Error('The server named no blob')
  const bytes = `${Number(size)} bytes`
  if (typeof name !== 'string' || typeof version !== 'string') {
    return { part: { blob }, words: `the tarball ${blob.slice(0, 16)}… (${bytes})` }
  }
  return { part: { blob }, release: { name, version }, words: `${name}@${version} (${bytes})` }
}

async function confirm({ options, terminal }: Input, { words }: Target): Promise<void> {
  if (options['yes'] === true) return
  const question = `This deletes ${words} for good. Type yes to go on: `
  if (terminal === undefined) {
    throw usageWrong(`This would delete ${words} for good; say --yes to do it`)
  }
  if ((await terminal.ask(question)).trim().toLowerCase() !== 'yes') {
    throw new SteleError('takedown_refused', { what: words, reason: 'it was not confirmed' })
  }
}

function usageWrong(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'takedown' })
}
