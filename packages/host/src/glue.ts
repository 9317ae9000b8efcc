// Boots a script in a VM and runs its calls: from a ScriptCall to an Outcome. What must hold whatever happens around a
// call (memory put back, nothing logged) is script-host.ts.
import {
  maxEffectsBytes,
  type Outcome,
  type ScriptCall,
  type ScriptError,
  type StateReader,
  type Write,
} from '@stele/entries'
import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue, parseTolerantJson } from '@stele/formats'
import { prelude, world } from './assets.ts'
import { openFiles } from './files.ts'
import { type HostPorts, makeHostFunctions, type Running, serveHostCall } from './host-calls.ts'
import type { Limits } from './limits.ts'
import { Machine, type Value, VmError } from './machine.ts'
import { Trap } from './trap.ts'

/** An oracle's answer, as a call's body records it (spec/state.md "Leaf", `oracles`). */
export type OracleAnswer = { readonly value: JsonValue } | { readonly error: ScriptError }

/** A call, with the answers to replay; without them oracles are asked. */
export type HostCall = ScriptCall & { readonly oracles?: readonly OracleAnswer[] }

/** An outcome, with the answers that oracles gave, where they were asked. */
export type HostOutcome = Outcome & { readonly oracles?: readonly OracleAnswer[] }

/** A booted script. */
export type Glue = {
  readonly machine: Machine
  /** The names of the methods, in the order of their export; fixed when the script was loaded. */
  readonly methods: readonly string[]
  /**
   * Runs one call. A Trap or anything else that it throws leaves the memory in disorder; `isClean` of the result tells
   * whether the memory may be kept.
   */
  readonly run: (kind: 'call' | 'init', call: HostCall, state: StateReader) => Ran
}

type Ran = { readonly outcome: HostOutcome; readonly isClean: boolean }

type Driver = { load: Value; start: Value; settled: Value; tick: Value; ask: Value }

/** Boots a VM with the prelude and the script. Throws script_invalid. */
export function bootScript(
  source: { readonly script: string; readonly info: string },
  limits: Limits,
  ports: HostPorts,
): Glue {
  const meter = { gas: 0, timeMs: 0 }
  const running = newRunning()
  const machine = new Machine(limits, {
    now: () => meter.timeMs,
    tick() {
      meter.gas += 1
      if (meter.gas > limits.gas) throw new Trap('gas')
    },
    callHost: (id, argv) => serveHostCall({ id, argv }, machine, { running, ports, limits }),
  })
  const driver = evaluatePrelude(machine)
  const methods = load(source, { machine, driver, limits })

  return {
    machine,
    methods,
    run(kind, call, state) {
      if (Buffer.byteLength(call.args) > limits.argumentBytes) throw new Trap('argumentBytes')
      const files = openFiles(state, limits)
      const answers: OracleAnswer[] = []
      const askOracle = makeOracle({ machine, ask: driver.ask, running, limits }, call, answers)
      Object.assign(running, newRunning(), { files, askOracle })
      meter.gas = 0
      meter.timeMs = call.timeMs
      const text = settle(start(kind, call, { machine, driver }), { machine, driver, limits })
      const recorded = answers.length > 0 ? { oracles: answers } : {}
      if (kind === 'init' && text === 'm') {
        return { outcome: { ok: true, changes: 0, writes: [] }, isClean: true }
      }
      const end = outcomeOf(text, limits)
      if (end === 'never settled') {
        const error = { name: 'never_settled', message: 'The call waits for what can never happen' }
        return { outcome: { ok: false, error, ...recorded }, isClean: false }
      }
      if ('error' in end) return { outcome: { ok: false, ...end, ...recorded }, isClean: true }
      const effects = { changes: files.changes(), writes: files.writes() }
      refuseLongEffects(effects.writes, Buffer.byteLength(text))
      return { outcome: { ok: true, ...end, ...effects, ...recorded }, isClean: true }
    },
  }
}

type Booted = { readonly machine: Machine; readonly driver: Driver; readonly limits: Limits }

function newRunning(): Running {
  const askOracle = (): string => '{"error":{"name":"NotOpenError","message":"No call is running"}}'
  return {
    files: undefined,
    hostCalls: 0,
    transferBytes: 0,
    printedLines: 0,
    isOracle: false,
    askOracle,
  }
}

function evaluatePrelude(machine: Machine): Driver {
  const make = machine.evaluate(prelude, 'prelude.js')
  const parts = [machine.evaluate(world, 'world.js'), ...makeHostFunctions(machine)]
  const list = machine.call(make, parts)
  const [load, start, settled, tick, ask] = [0, 1, 2, 3, 4].map((i) => machine.member(list, i))
  for (const value of [make, list, ...parts]) machine.freeValue(value)
  if (!load || !start || !settled || !tick || !ask) throw new Error('The prelude gave no functions')
  return { load, start, settled, tick, ask }
}

/** Evaluates the script as a CommonJS module; the names of its methods. */
function load(source: { readonly script: string; readonly info: string }, at: Booted): string[] {
  const { machine, driver } = at
  try {
    const factory = machine.evaluate(
      `(function (exports, module) {${source.script}\n})`,
      'script.js',
    )
    const info = machine.newText(source.info)
    const names = machine.takeText(machine.call(driver.load, [factory, info]))
    machine.freeValue(info)
    machine.freeValue(factory)
    machine.runJobs(countJobs(at.limits))
    return Array.from(JSON.parse(names), String)
  } catch (cause) {
    if (cause instanceof Trap) throw invalid(`it exceeds the limit "${cause.limit}"`, cause)
    if (cause instanceof VmError) throw invalid(cause.message.slice(0, maxReasonLength), cause)
    throw new SteleError('call_aborted', { method: 'load', reason: String(cause) }, { cause })
  }
}

/** Starts a method; its answer, or 'p' when it waits. */
function start(
  kind: 'call' | 'init',
  call: ScriptCall,
  { machine, driver }: { readonly machine: Machine; readonly driver: Driver },
): string {
  const seed = Buffer.from(call.seed).toString('hex')
  const head = JSON.stringify([call.method, call.account, call.timeMs, seed])
  const values = [kind, head, call.args].map((text) => machine.newText(text))
  const text = machine.takeText(machine.call(driver.start, values))
  for (const value of values) machine.freeValue(value)
  return text
}

/** Runs promise jobs, and timers while the method waits. */
function settle(started: string, { machine, driver, limits }: Booted): string {
  const count = countJobs(limits)
  machine.runJobs(count)
  let text = started
  for (let timers = 1; text === 'p'; timers++) {
    text = machine.takeText(machine.call(driver.settled, []))
    if (text !== 'p') break
    if (timers > limits.timers) throw new Trap('timers')
    const fired = machine.call(driver.tick, [])
    const isFired = machine.readNumber(fired) === 1
    machine.freeValue(fired)
    if (!isFired) break
    machine.runJobs(count)
  }
  return text
}

function countJobs(limits: Limits): (jobs: number) => void {
  let total = 0
  return (jobs) => {
    total += jobs
    if (total > limits.jobs) throw new Trap('jobs')
  }
}

type End = 'never settled' | { readonly result?: JsonValue } | { readonly error: ScriptError }

/** What the prelude's answer means; its letters are explained there. */
function outcomeOf(text: string, limits: Limits): End {
  const rest = text.slice(1)
  switch (text[0]) {
    case 'u':
      return {}
    case 'r':
      return resultOf(rest, limits)
    case 'e':
      return { error: errorOf(rest) }
    case 'b':
      return { error: { name: 'bad_result', message: errorOf(rest).message } }
    case 'm':
      return { error: { name: 'MethodNotFound', message: 'Method not found' } }
    case 'p':
      return 'never settled'
    default:
      throw new Error('The prelude gave no answer')
  }
}

function resultOf(json: string, limits: Limits): End {
  const bad = (message: string): End => ({ error: { name: 'bad_result', message } })
  if (Buffer.byteLength(json) > limits.resultBytes) {
    return bad(`The result is over ${limits.resultBytes} bytes`)
  }
  try {
    const result = parseTolerantJson(json, 'the result')
    // Lone surrogates, integers beyond 2^53 - 1, and as many levels as the effects, whose member it becomes, have left.
    canonicalJson({ result }, 'the result')
    return { result }
  } catch (error) {
    if (!(error instanceof SteleError)) throw error
    return bad(error.message)
  }
}

/**
 * Throws a Trap when the writes' names, each with its value's hash, would make effects that no reader takes: names are
 * long where they have to be escaped, and a folder removed with all within writes as many as it held.
 */
function refuseLongEffects(writes: readonly Write[], resultBytes: number): void {
  let size = effectsMarginBytes + resultBytes
  for (const { object, field } of writes) {
    size += Buffer.byteLength(JSON.stringify([object, field])) + hashedValueBytes
    if (size > maxEffectsBytes) throw new Trap('writes')
  }
}

/** The error, or a Trap where the VM was at the end of its heap or stack. */
function errorOf(json: string): ScriptError {
  const [name, message] = Array.from(JSON.parse(json), String)
  if (name === 'InternalError') refuseExhaustion(message ?? '')
  return { name: name ?? '', message: message ?? '' }
}

/** Throws a Trap when this message of the VM says that its heap or its stack is at an end. */
export function refuseExhaustion(message: string): void {
  if (message.endsWith('out of memory')) throw new Trap('memory')
  if (message.endsWith('stack overflow')) throw new Trap('stack')
}

/**
 * Answers `System.oracle`: from the record when the call is replayed, else by running the function. It runs on a copy of
 * the memory, so that a call leaves the same memory behind when it is replayed without running it.
 */
function makeOracle(
  at: { machine: Machine; ask: Value; running: Running; limits: Limits },
  call: HostCall,
  answers: OracleAnswer[],
): (fn: Value) => string {
  const { machine, running } = at
  return (fn) => {
    const recorded = call.oracles
    if (recorded !== undefined) {
      const answer = recorded[answers.length]
      if (answer === undefined) throw new Error('The call asks more oracles than were recorded')
      answers.push(answer)
      return JSON.stringify(answer)
    }
    if (running.isOracle) throw new Error('An oracle asks an oracle')
    const image = machine.save()
    running.isOracle = true
    const end = outcomeOf(machine.takeText(machine.call(at.ask, [fn])), at.limits)
    machine.load(image)
    running.isOracle = false
    const answer = oracleAnswer(end)
    answers.push(answer)
    return JSON.stringify(answer)
  }
}

function oracleAnswer(end: End): OracleAnswer {
  if (end === 'never settled') throw new Error('An oracle does not wait')
  return 'error' in end ? end : { value: end.result ?? null }
}

/** Bytes of effects besides the result and the writes that a call makes: members, and the host's own rows. */
const effectsMarginBytes = 4096
/** Bytes of a value's hash in effects, with what stands around it. */
const hashedValueBytes = 64 + 4

/** Characters of a script's own error that we repeat when it cannot be loaded. */
const maxReasonLength = 500

function invalid(reason: string, cause: Error): SteleError {
  return new SteleError('script_invalid', { reason }, { cause })
}
