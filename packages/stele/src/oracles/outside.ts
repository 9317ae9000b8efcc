// Answers what the oracles of a script ask of the world outside, as far as the operator allows it.
import { randomBytes } from 'node:crypto'
import type { OracleAnswer } from '@stele/entries/calls'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import type { NamedHost } from '@stele/formats/networks'
import type { AnswerOutside } from '@stele/service/thread'
import { parseAllowedHost } from './allowed-hosts.ts'
import { createFetching, type Fetching } from './fetching.ts'
import { maxRandomBytes } from './limits.ts'
import { badRequest, refused } from './oracle-failure.ts'

/** What oracles may reach. */
export type OutsideOptions = {
  /** Hosts that may be fetched from, as `--allow-host` names them. Throws `setting_invalid` where one is not a host. */
  readonly allowHosts?: readonly string[] | undefined
  /** Makes a service beside this one, where this one is a factory; gives what `provisionVM` is to know of it. */
  readonly provision?:
    | ((wanted: { readonly title: string; readonly code: string }) => Promise<JsonObject>)
    | undefined
  readonly nowMs?: () => number
}

/** Never rejects for what a script does wrong: that is an answer. */
export function createOutside({
  allowHosts = [],
  provision,
  nowMs = Date.now,
}: OutsideOptions): AnswerOutside {
  const allowed: readonly NamedHost[] = allowHosts.map(parseAllowedHost)
  const fetching = createFetching(allowed)
  return async (request, signal) => {
    try {
      return { value: await answer(request, { fetching, provision, nowMs, signal }) }
    } catch (error) {
      return errorOf(error)
    }
  }
}

type Ports = Pick<OutsideOptions, 'provision'> & {
  readonly fetching: Fetching
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

async function answer(request: JsonValue, ports: Ports): Promise<JsonValue> {
  const [[kind, wanted] = [], ...more] = isJsonObject(request) ? Object.entries(request) : []
  if (more.length === 0 && wanted !== undefined) {
    if (kind === 'time' && wanted === true) return ports.nowMs()
    if (kind === 'random') return random(wanted)
    if (kind === 'fetch') return ports.fetching(wanted, ports.signal)
    if (kind === 'vms') return provisioned(wanted, ports)
  }
  const known = '{"time": true}, {"random": <bytes>}, {"fetch": {"url": …}}'
  throw badRequest(
    `Cannot ask ${JSON.stringify(request).slice(0, 100)} outside: it is one of ${known}`,
  )
}

function random(wanted: JsonValue): string {
  const size = Number(wanted)
  if (Number.isInteger(wanted) && size >= 1 && size <= maxRandomBytes) {
    return randomBytes(size).toString('base64')
  }
  throw badRequest(`Cannot draw random bytes: "random" is a number from 1 to ${maxRandomBytes}`)
}

async function provisioned(wanted: JsonValue, { provision }: Ports): Promise<JsonValue> {
  const service =
    isJsonObject(wanted) && isJsonObject(wanted['provision']) ? wanted['provision'] : {}
  const { title, code } = service
  if (typeof title !== 'string' || typeof code !== 'string') {
    throw badRequest('Cannot provision a service: it needs a title and code')
  }
  if (provision === undefined) {
    throw refused(
      'Cannot provision a service: this one is not a factory; its operator makes it one with --factory, or VMFactory',
    )
  }
  return provision({ title, code })
}

function errorOf(error: unknown): OracleAnswer {
  if (error instanceof Error) return { error: { name: error.name, message: error.message } }
  return { error: { name: 'Error', message: String(error) } }
}
