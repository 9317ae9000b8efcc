// stele takedown <name@version> | <integrity> | <entry> --part P, --reason TEXT
import { parseWithheldPart, type WithheldPart } from '@stele/entries/takedowns'
import { isPlainLine, SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import type { AdminAsk, Spec } from '../server/admin-ask.ts'
import { askServer, serverOptions } from '../server/with-server.ts'
import { type Command, type Input, usageError } from './command.ts'
import { confirm, yesOption } from './confirm.ts'

const usageWrong = usageError('takedown')

/** What a takedown of values leaves, since the registry still decides by it, and what would end that. */
type Staying = { readonly what: string; readonly first?: string }
type Report = {
  readonly deleted: string
  readonly index: number
  readonly left?: string
  readonly stays?: readonly Staying[]
}
/** What to delete, in words for the person who confirms it. */
type Target = {
  readonly part: WithheldPart
  readonly words: string
  readonly release?: Spec
  readonly stays?: readonly Staying[]
}

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
      ...yesOption,
    },
    notes: [
      'A version is also removed from its package: nobody can install it, and "latest" moves on',
      'The integrity of a tarball, or its SHA-512 in hex, deletes the tarball alone',
      'Of the values that an entry wrote, those stay that the rules still read; the command names them',
      'The effects of a call that changed a package stay: what the registry tells of the package is made from them',
      'Elsewhere take down the values first, then the effects; of body and effects only one can go where the state changed',
      'Hashes and proofs stay as they are. "stele verify" then reports what it could not check',
    ],
  },
  run: async (input) => {
    const { what, reason } = parseInput(input)
    const target = await findTarget(input, what)
    await confirmTarget(input, target)
    const { part, release, words, stays } = target
    const ask: AdminAsk = { do: 'take_down', withhold: [part], reason }
    const answer = await askServer(input, release === undefined ? ask : { ...ask, release })
    const { index, left } = isJsonObject(answer) ? answer : {}
    const report = { deleted: words, index: Number(index), ...(stays && { stays }) }
    return typeof left === 'string' ? { ...report, left } : report
  },
  view: ({ deleted, index, left, stays = [] }) => {
    const took = `Took down ${deleted}; entry ${index} of the log says so`
    const done = [took, ...stays.map(stayingLine)].join('\n')
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
      if (part === 'values') return findValues(input, entry)
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

/** The server knows which values the registry still needs. */
async function findValues(input: Input, entry: number): Promise<Target> {
  const found = await askServer(input, { do: 'find_values', entry })
  const { part, named, of, stays } = isJsonObject(found) ? found : {}
  const count = typeof named === 'number' ? `${named} of the ${Number(of)} values` : 'the values'
  return {
    part: parseWithheldPart(part ?? null),
    words: `${count} of entry ${entry}`,
    stays: (Array.isArray(stays) ? stays : []).flatMap(parseStaying),
  }
}

function parseStaying(value: JsonValue): readonly Staying[] {
  const { what, first } = isJsonObject(value) ? value : {}
  if (typeof what !== 'string') return []
  return [typeof first === 'string' ? { what, first } : { what }]
}

function stayingLine({ what, first }: Staying): string {
  const line = `Stays: ${what}, which the registry's rules read`
  return first === undefined ? line : `${line}. To delete it too, ${first}, then run this again`
}

async function confirmTarget(input: Input, { words, stays = [] }: Target): Promise<void> {
  await confirm(input, {
    command: 'takedown',
    question: [`This deletes ${words} for good.`, ...stays.map(stayingLine)].join('\n'),
    unattended: `This would delete ${words} for good`,
    refused: () =>
      new SteleError('takedown_refused', { what: words, reason: 'it was not confirmed' }),
  })
}
