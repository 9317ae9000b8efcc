// Answers what the oracles of a script ask of the world outside, as far as the operator allows it.
import { randomBytes } from 'node:crypto'
import type { OracleAnswer } from '@stele/entries/calls'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import type { AnswerOutside } from '@stele/service/thread'
import { type AllowedHost, parseAllowedHost } from './allowed-hosts.ts'
import { createFetching, type Fetching } from './fetching.ts'
import { maxRandomBytes } from './limits.ts'
import { NotAllowed, Odd } from './outside-errors.ts'

/** What oracles may reach. */
export type OutsideOptions = {
  /** Hosts that may be fetched from, as `--allow-host` names them. Throws `setting_invalid` for what is none. */
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
  const allowed: readonly AllowedHost[] = allowHosts.map(parseAllowedHost)
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
  const [[what, wanted] = [], ...more] = isJsonObject(request) ? Object.entries(request) : []
  if (more.length === 0 && wanted !== undefined) {
    if (what === 'time' && wanted === true) return ports.nowMs()
    if (what === 'random') return random(wanted)
    if (what === 'fetch') return ports.fetching(wanted, ports.signal)
    if (what === 'vms') return provisioned(wanted, ports)
  }
  const known = '{"time": true}, {"random": <bytes>}, {"fetch": {"url": …}}'
  throw new Odd(
    `Cannot ask ${JSON.stringify(request).slice(0, 100)} outside: it is one of ${known}`,
  )
}

function random(wanted: JsonValue): string {
  const size = Number(wanted)
  if (Number.isInteger(wanted) && size >= 1 && size <= maxRandomBytes) {
    return randomBytes(size).toString('base64')
  }
  throw new Odd(`Cannot draw random bytes: "random" is a number from 1 to ${maxRandomBytes}`)
}

async function provisioned(wanted: JsonValue, { provision }: Ports): Promise<JsonValue> {
  const asked = isJsonObject(wanted) && isJsonObject(wanted['provision']) ? wanted['provision'] : {}
  const { title, code } = asked
  if (typeof title !== 'string' || typeof code !== 'string') {
    throw new Odd('Cannot provision a service: it needs a title and code')
  }
  if (provision === undefined) {
    throw new NotAllowed(
      'Cannot provision a service: this one is no factory; its operator makes it one with --factory, or VMFactory',
    )
  }
  return provision({ title, code })
}

function errorOf(error: unknown): OracleAnswer {
  if (error instanceof Error) return { error: { name: error.name, message: error.message } }
  return { error: { name: 'Error', message: String(error) } }
}
