// The transition that an entry makes: from a body and the state before it to effects and writes.
// The sequencer records with it, an auditor replays with it: what they do is the same code.
import { SteleError } from '@stele/errors'
import { canonicalJson } from '@stele/formats/json'
import type { Body, CallBody, ConfigBody, GenesisBody, MemoryBody, TakedownBody } from './body.ts'
import { describeCallError } from './call-errors.ts'
import { compareWrites, type Effects, effectWrite } from './effects.ts'
import type {
  Executor,
  OracleAnswer,
  Outcome,
  ScriptCall,
  StateReader,
  Write,
} from './execution.ts'
import { entryKinds } from './leaf.ts'
import { changedRows, checkSettings, rootsIn, settingsRows } from './settings-rows.ts'
import { verifyRootSignatures } from './signing.ts'
import { acceptKey } from './signing-keys.ts'

/** What a transition needs besides the body. `seed` is seedOf() the body. */
export type TransitionPorts = {
  readonly state: StateReader
  readonly executor: Executor
  readonly timeMs: number
  readonly seed: Uint8Array
  /** Present where a call is made, so that its oracles are asked; absent in a replay, which takes the recorded answers. */
  readonly making?: Pick<ScriptCall, 'blobs' | 'outside'>
}

/**
 * What an entry did: its effects, and the writes with their values, in the effects' order. `oracles` are the answers that
 * a call was given: its body records them.
 */
export type Transition = {
  readonly effects: Effects
  readonly writes: readonly Write[]
  readonly oracles?: readonly OracleAnswer[]
}

/**
 * Applies a body to the state. A call that fails inside the script is an outcome; a body that must not be in a
 * log at all throws `call_unauthorized`, `entry_invalid`, or `call_aborted`.
 */
export function applyBody({ kind, body }: Body, ports: TransitionPorts): Transition {
  switch (kind) {
    case entryKinds.genesis:
      return applyGenesis(body, ports)
    case entryKinds.call:
      return applyCall(body, ports)
    case entryKinds.config:
      return applyConfig(body, ports.state)
    case entryKinds.memory:
      return applyMemory(body, ports.executor)
    case entryKinds.takedown:
      return applyTakedown(body, ports.state)
  }
}

function applyGenesis(body: GenesisBody, ports: TransitionPorts): Transition {
  const outcome = ports.executor.init(initCall(body, ports), ports.state)
  if (!outcome.ok) {
    const reason = `its init failed: ${describeCallError(outcome.error)}`
    throw new SteleError('script_invalid', { reason })
  }
  const { script, engine, limits, keys, roots } = body
  return transition(outcome, settingsRows({ script, engine, limits, keys, roots }))
}

function applyCall(body: CallBody, ports: TransitionPorts): Transition {
  const rows = body.via.type === 'key' ? [acceptKey(body, body.via, ports)] : []
  const outcome = ports.executor.call(scriptCall(body, ports), ports.state)
  const { oracles } = outcome
  return { ...transition(outcome, rows), ...(oracles === undefined ? {} : { oracles }) }
}

function applyConfig(body: ConfigBody, state: StateReader): Transition {
  verifyRootSignatures(body, rootsIn(state))
  checkSettings(body.set)
  return transition(
    { ok: true, changes: 0, writes: [] },
    changedRows(settingsRows(body.set), state),
  )
}

/** Compares the memory's digest, where the script keeps one and runs here. */
function applyMemory({ sha256 }: MemoryBody, { memory }: Executor): Transition {
  const found = memory?.digest() ?? sha256
  if (found !== sha256) {
    const reason = `its memory digest is ${sha256}, the memory's is ${found}`
    throw new SteleError('entry_invalid', { what: 'body', reason })
  }
  return transition({ ok: true, changes: 0, writes: [] }, [])
}

function applyTakedown(body: TakedownBody, state: StateReader): Transition {
  verifyRootSignatures(body, rootsIn(state))
  return transition({ ok: true, changes: 0, writes: [] }, [])
}

/** `init` is the operator's, and has no oracles: a genesis entry records none. */
function initCall({ operator }: GenesisBody, { timeMs, seed }: TransitionPorts): ScriptCall {
  const sender = { account: operator, via: 'host', oracles: [] } as const
  return { method: 'init', args: '[]', ...sender, timeMs, seed }
}

function scriptCall(body: CallBody, { timeMs, seed, making }: TransitionPorts): ScriptCall {
  const { method, account, oracles = [] } = body
  const call = { method, args: canonicalJson(body.args), account, via: body.via.type, timeMs, seed }
  return making === undefined ? { ...call, oracles } : { ...call, ...making }
}

function transition(outcome: Outcome, rows: readonly Write[]): Transition {
  const writes = [...(outcome.ok ? outcome.writes : []), ...rows].toSorted(compareWrites)
  const effectWrites = writes.map(effectWrite)
  if (!outcome.ok) {
    return {
      effects: { ok: false, error: outcome.error, changes: 0, writes: effectWrites },
      writes,
    }
  }
  const { result, changes } = outcome
  const effects: Effects = {
    ok: true,
    ...(result === undefined ? {} : { result }),
    changes,
    writes: effectWrites,
  }
  return { effects, writes }
}
