// What crosses between a service's client and the thread that it runs in: plain data, errors as code and details.

import type { CallAnswer, CallRequest, OracleAnswer, ScriptOffers } from '@stele/entries/calls'
import type { ErrorText } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import type { FolderReport } from '@stele/log/published'
import type { StateQuery } from '@stele/state'
import type { ServiceEvent } from '../ports.ts'
import type { RulesChange, RulesInForce } from '../rules.ts'
import type { Takedown, TakenDown } from '../takedown.ts'

/** What is asked of a service. `open` comes first, with whatever its opener needs to know; nothing comes after `close`. */
export type ServiceAsk =
  /** `hasOutside`: somebody answers its oracles' requests. */
  | {
      readonly do: 'open'
      readonly number: number
      readonly data: unknown
      readonly hasOutside: boolean
    }
  | { readonly do: 'submit'; readonly request: CallRequest }
  /** Whether the thread still answers. */
  | { readonly do: 'ping' }
  | { readonly do: 'offers' }
  | { readonly do: 'prove'; readonly queries: readonly StateQuery[] }
  | { readonly do: 'take_down'; readonly takedown: Takedown }
  | { readonly do: 'check_takedown'; readonly takedown: Takedown }
  | { readonly do: 'read_rules' }
  | { readonly do: 'apply_rules'; readonly change: RulesChange }
  | { readonly do: 'repair_folder'; readonly replace: boolean }
  | { readonly do: 'stop_repairs' }
  /** The checkpoint of this size was shown to somebody. */
  | { readonly do: 'served'; readonly size: number }
  | { readonly do: 'close' }
/** What each ask is answered with. */
export type ServiceAnswers = {
  /** Why writes are refused, where they are. */
  readonly open: { readonly readOnly: string | undefined }
  readonly submit: CallAnswer
  readonly ping: null
  readonly offers: ScriptOffers
  readonly prove: Uint8Array
  readonly take_down: TakenDown
  readonly check_takedown: null
  readonly read_rules: RulesInForce
  readonly apply_rules: { readonly index: number }
  readonly repair_folder: FolderReport
  readonly stop_repairs: null
  readonly served: null
  readonly close: null
}

/** A message to the thread. */
export type ThreadAsk =
  | { readonly service: string; readonly id: number; readonly ask: ServiceAsk }
  /** The answer to the oracle request of this number. */
  | { readonly oracleRequest: number; readonly answer: OracleAnswer }
  /** The thread ends; its services are closed already. */
  | { readonly end: true }

/** What a thread says; a message from it is a list of these. */
export type ThreadNews =
  | {
      readonly say: 'answer'
      readonly id: number
      readonly value: ServiceAnswers[ServiceAsk['do']]
    }
  | { readonly say: 'refusal'; readonly id: number; readonly error: ErrorText }
  | { readonly say: 'event'; readonly service: string; readonly event: ServiceEvent }
  /** An oracle of this service asks something of the world outside: to be answered under this number. */
  | {
      readonly say: 'oracle_request'
      readonly service: string
      readonly number: number
      readonly request: JsonValue
    }

/** What a thread is started with, as `workerData.data`. */
export type ThreadData = {
  /** Two 64-bit words: when the running call began, by the process's monotonic clock in nanoseconds, or 0 between calls; and its service's number. */
  readonly pulse: SharedArrayBuffer
}
/** The bytes of the pulse. */
export const pulseBytes = 16
