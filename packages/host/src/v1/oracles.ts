// Oracles: how a call asks for what a replay cannot repeat. The answer is recorded in the call's body, and every replay
// takes it from there (spec/state.md "Oracles").
import { CallWaits, type OracleAnswer, type ScriptCall } from '@stele/entries/calls'
import { nothingAllowed, type OracleErrorName, oracleError } from '@stele/entries/oracles'
import { SteleError } from '@stele/errors'
import { canonicalText, maxAnswerLevels, readResult } from './json.ts'
import { errorsBytes, maxAnswers, maxAnswersBytes } from './limits.ts'

/** The answers of one call's oracles, in the order in which they were asked. */
export type Answers = {
  /** True where they come from the record alone. */
  readonly isReplay: boolean
  readonly given: readonly OracleAnswer[]
  /** The answer of the next oracle, as the VM is told it; `ask` finds one where nothing is recorded. */
  readonly next: (ask: () => OracleAnswer) => string
  /** Throws `entry_invalid` where the record holds an answer that nobody asked for. */
  readonly refuseUnused: () => void
}

/** The answers of this call: those that it brings, or those that it will be given. */
export function openAnswers({ oracles, args }: ScriptCall): Answers {
  const given: OracleAnswer[] = []
  let freeBytes = maxAnswersBytes - Buffer.byteLength(args)
  /** The answer, or an error where the call's body has no room for it. */
  const fitting = (answer: OracleAnswer): OracleAnswer => {
    if (given.length >= maxAnswers) throw new Error(`it asks more than ${maxAnswers} oracles`)
    const size = Buffer.byteLength(canonicalText(answer)) + 1
    if (size <= freeBytes - errorsBytes) {
      freeBytes -= size
      return answer
    }
    const message = 'The answers of a call, with its arguments, are too long to be recorded'
    const refusal = oracleError('OracleLimitError', message)
    freeBytes -= Buffer.byteLength(canonicalText(refusal)) + 1
    if (freeBytes < 0) throw new Error('its oracles have no room left to be recorded')
    return refusal
  }
  return {
    isReplay: oracles !== undefined,
    given,
    next(ask) {
      const recorded = oracles?.[given.length]
      if (oracles !== undefined && recorded === undefined) {
        throw invalid(`its call asks more oracles than the ${oracles.length} that it records`)
      }
      const answer = recorded ?? fitting(ask())
      given.push(answer)
      return canonicalText(answer)
    },
    refuseUnused() {
      const unused = (oracles?.length ?? 0) - given.length
      if (unused > 0) throw invalid(`its call leaves ${unused} of its oracles' answers unused`)
    },
  }
}

/** The answer to a request of an oracle's function, as JSON. Throws CallWaits where it is not there yet. */
export function askOutside({ outside }: ScriptCall, request: string): string {
  if (outside === undefined) return canonicalText(nothingAllowed)
  const read = readResult(request, maxAnswerLevels)
  if ('bad' in read) return refuse('TypeError', `Cannot ask outside: ${read.bad}`)
  const answer = outside(read.value)
  if (answer === undefined) throw new CallWaits(read.value)
  return canonicalText(answer)
}

/** An error of this name, as JSON. */
export function refuse(name: OracleErrorName, message: string): string {
  return canonicalText(oracleError(name, message))
}

function invalid(reason: string): SteleError {
  return new SteleError('entry_invalid', { what: 'body', reason })
}
