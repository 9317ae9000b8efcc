// stele amend <name@version>
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { askServer, serverOptions } from '../server/with-server.ts'
import { type Command, type Input, usageError } from './command.ts'
import { confirm, yesOption } from './confirm.ts'

const usageWrong = usageError('amend')

type Report = { readonly spec: string; readonly changes: readonly string[] }
type Spec = { readonly name: string; readonly version: string }

/** Replaces the record of an upstream's release by what its tarball tells. */
export const amend: Command<Report> = {
  usage: {
    name: 'amend',
    summary: "Let a tarball's own package.json replace what its upstream told of it at first",
    arguments: '<name@version>',
    options: {
      ...serverOptions,
      ...yesOption,
    },
    notes: [
      'For releases of upstreams whose packument told other dependencies than the tarball has',
      'Clients then resolve with what the tarball tells; the bytes stay as they were pinned',
      'It happens by itself where the upstream tells later what the tarball has',
    ],
  },
  run: async (input) => {
    const wanted = parseInput(input)
    const spec = `${wanted.name}@${wanted.version}`
    const changes = changesOf(await askServer(input, { do: 'find_amendment', ...wanted }))
    await confirmChanges(input, { spec, changes })
    await askServer(input, { do: 'amend', ...wanted })
    return { spec, changes }
  },
  view: ({ spec, changes }) => [`Amended ${spec}:`, ...changes].join('\n'),
}

function parseInput({ positionals }: Input): Spec {
  const [spec = '', ...rest] = positionals
  const [, name, version] = /^((?:@[^/@]+\/)?[^/@]+)@(.+)$/.exec(spec) ?? []
  if (name === undefined || version === undefined || rest.length > 0) {
    throw usageWrong('Say which release: name@version')
  }
  return { name, version }
}

/** A line for each member of the record that changes. */
function changesOf(found: JsonValue): readonly string[] {
  const { pinned, own } = isJsonObject(found) ? found : {}
  const [before, after] = [recordOf(pinned), recordOf(own)]
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return members
    .map((member) => [member, shown(before[member]), shown(after[member])] as const)
    .filter(([, from, to]) => from !== to)
    .map(([member, from, to]) => `  ${member}: ${from} becomes ${to}`)
}

function recordOf(text: JsonValue | undefined): JsonObject {
  const record = typeof text === 'string' ? parseJson(text, 'the record') : undefined
  return isJsonObject(record) ? record : {}
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

async function confirmChanges(input: Input, { spec, changes }: Report): Promise<void> {
  const list = changes.map((change) => change.trim()).join('; ')
  await confirm(input, {
    command: 'amend',
    question: [`This changes what everybody is told of ${spec}:`, ...changes].join('\n'),
    unattended: `This would change what everybody is told of ${spec} (${list})`,
    refused: () => new SteleError('amend_refused', { spec, reason: 'it was not confirmed' }),
  })
}
