// stele takedown --entry N --part P | --blob NAME, --reason TEXT

import type { WithheldPart } from '@stele/entries'
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats'
import { askServer, serverOptions } from '../server/with-server.ts'
import type { Command, Input } from './command.ts'

/** Deletes a part of the log, which shows for ever that it was there. */
export const takedown: Command<JsonValue> = {
  usage: {
    name: 'takedown',
    summary: 'Delete a part of the log or a blob; the log shows for ever that it was there',
    arguments: '',
    options: {
      ...serverOptions,
      entry: { type: 'string', value: 'number', summary: 'the entry to take a part from' },
      part: { type: 'string', value: 'body|effects|values', summary: 'which part of the entry' },
      blob: { type: 'string', value: 'sha512', summary: 'the blob to delete, such as a tarball' },
      reason: { type: 'string', value: 'text', summary: 'why; it is public' },
    },
    notes: [
      'Hashes and proofs stay as they are. "stele verify" then reports what it could not check',
    ],
  },
  run: (input) => {
    const { positionals } = input
    if (positionals.length > 0) throw usageWrong(`Too many arguments: ${positionals.join(' ')}`)
    const reason = input.options['reason']
    if (typeof reason !== 'string' || reason === '') throw usageWrong('--reason is missing')
    return askServer(input, { do: 'take_down', withhold: [parsePart(input)], reason })
  },
  view: (answer) => {
    const index = isJsonObject(answer) ? Number(answer['index']) : 0
    return `Taken down; entry ${index} of the log says so`
  },
}

function parsePart({ options: { entry, part, blob } }: Input): WithheldPart {
  if (typeof blob === 'string' && entry === undefined && part === undefined) {
    if (/^[0-9a-f]{128}$/.test(blob)) return { blob }
    throw usageWrong('--blob takes the 128 hex digits of a SHA-512')
  }
  if (typeof entry !== 'string' || !/^\d{1,15}$/.test(entry)) {
    throw usageWrong('Give --blob <sha512>, or --entry <number> and --part <part>')
  }
  if (part !== 'body' && part !== 'effects' && part !== 'values') {
    throw usageWrong('--part takes body, effects or values')
  }
  return { entry: Number(entry), part }
}

function usageWrong(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'takedown' })
}
