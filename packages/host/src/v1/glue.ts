// Boots a script in a VM and runs its calls: from a ScriptCall to an Outcome. What must hold whatever happens around a
// call (memory put back, nothing logged) is script-host.ts.
import type {
  OracleAnswer,
  Outcome,
  ScriptCall,
  ScriptError,
  StateReader,
  Write,
} from '@stele/entries/calls'
import { SteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { type FileSession, openFiles } from './files.ts'
import { type HostPorts, makeHostFunctions, type Running, serveHostCall } from './host-calls.ts'
import { maxAnswerLevels, maxResultLevels, readResult } from './json.ts'
import { type Limits, maxEffectsBytes } from './limits.ts'
import { type Interpreter, Machine, type Value, VmError } from './machine.ts'
import { type Answers, askOutside, refuse } from './oracles.ts'
import { Trap } from './trap.ts'

/** What runs a script: the interpreter, and the sources that make a script's world. */
export type EngineParts = {
  readonly interpreter: Interpreter
  readonly prelude: string
  readonly world: string
}

/** A booted script. */
export type Glue = {
  readonly machine: Machine
  /** The names of the methods, in the order of their export; fixed when the script was loaded. */
  readonly methods: readonly string[]
  /** Whether the script says that callers may be anonymous also where calls have to be signed; fixed like the methods. */
  readonly anonymous: boolean
  /**
   * Runs one call. A Trap or anything else that it throws leaves the memory in disorder; `isClean` of the result tells
   * whether the memory may be kept.
   */
  readonly run: (call: RunnableCall, state: StateReader, answers: Answers) => Ran
}

/** A call, or the run of `init`. */
export type RunnableCall = ScriptCall & { readonly kind: 'call' | 'init' }

type Ran = { readonly outcome: Outcome; readonly isClean: boolean }

type Driver = {
  readonly load: Value
  readonly start: Value
  readonly settled: Value
  readonly tick: Value
  readonly ask: Value
  readonly asked: Value
}

/** Boots a VM with the prelude and the script. Throws script_invalid. */
export function bootScript(
  source: { readonly script: string; readonly info: string; readonly engine: EngineParts },
  limits: Limits,
  ports: HostPorts,
): Glue {
  const meter: Meter = { gas: 0, timeMs: 0 }
  const running = idle()
  const machine = new Machine(source.engine.interpreter, limits, {
    now: () => meter.timeMs,
    tick() {
      meter.gas += 1
      if (meter.gas > limits.gas) throw new Trap('gas')
    },
    callHost: (id, argv) => serveHostCall({ id, argv }, machine, { running, ports, limits }),
  })
  const driver = evaluatePrelude(machine, source.engine)
  const booted = { machine, driver, limits, running, meter }
  const offers = load(source, booted)
  return {
    machine,
    ...offers,
    run(call, state, answers) {
      if (Buffer.byteLength(call.args) > limits.argumentBytes) throw new Trap('argumentBytes')
      const files = openFiles(state, limits)
      const askOracle = makeOracle(booted, call, answers)
      const blobs = (name: string): Uint8Array | undefined =>
        call.blobs?.(name) ?? ports.blobs(name)
      Object.assign(running, idle(), { files, askOracle, blobs })
      meter.gas = 0
      meter.timeMs = call.timeMs
      const text = settle(start(call, booted), booted, driver.settled)
      return ranOf(text, call.kind, { files, limits })
    },
  }
}

type Meter = { gas: number; timeMs: number }
type Booted = {
  readonly machine: Machine
  readonly driver: Driver
  readonly limits: Limits
  readonly running: Running
  readonly meter: Meter
}

/** What holds while no call is running. */
function idle(): Running {
  const notOpen = (): string => refuse('NotOpenError', 'No call is running')
  return {
    files: undefined,
    hostCalls: 0,
    transferBytes: 0,
    printedLines: 0,
    isOracle: false,
    blobs: () => undefined,
    askOracle: notOpen,
    askOutside: () => refuse('NotOpenError', 'Only an oracle asks what lies outside'),
  }
}

/** How a call ended that came to an end by itself. */
function ranOf(
  text: string,
  kind: RunnableCall['kind'],
  { files, limits }: { readonly files: FileSession; readonly limits: Limits },
): Ran {
  if (kind === 'init' && text === 'm') {
    return { outcome: { ok: true, changes: 0, writes: [] }, isClean: true }
  }
  const end = outcomeOf(text, limits, maxResultLevels)
  if (end === 'never settled') {
    return { outcome: { ok: false, error: neverSettled }, isClean: false }
  }
  if ('error' in end) return { outcome: { ok: false, ...end }, isClean: true }
  const effects = { changes: files.changes(), writes: files.writes() }
  refuseLongEffects(effects.writes, Buffer.byteLength(text))
  return { outcome: { ok: true, ...end, ...effects }, isClean: true }
}

function evaluatePrelude(machine: Machine, { prelude, world }: EngineParts): Driver {
  const make = machine.evaluate(prelude, 'prelude.js')
  const parts = [machine.evaluate(world, 'world.js'), ...makeHostFunctions(machine)]
  const list = machine.call(make, parts)
  const member = (index: number): Value => machine.member(list, index)
  const [load, start, settled, tick, ask, asked] = [0, 1, 2, 3, 4, 5].map(member)
  for (const value of [make, list, ...parts]) machine.freeValue(value)
  if (!load || !start || !settled || !tick || !ask || !asked) {
    throw new Error('The prelude gave no functions')
  }
  return { load, start, settled, tick, ask, asked }
}

/** Evaluates the script as a CommonJS module; what it offers to whom. */
function load(
  source: { readonly script: string; readonly info: string },
  at: Booted,
): Pick<Glue, 'methods' | 'anonymous'> {
  const { machine, driver } = at
  try {
    const factory = machine.evaluate(
      `(function (exports, module) {${source.script}\n})`,
      'script.js',
    )
    const info = machine.newText(source.info)
    const offers = machine.takeText(machine.call(driver.load, [factory, info]))
    machine.freeValue(info)
    machine.freeValue(factory)
    machine.runJobs(countJobs(at.limits))
    return readOffers(JSON.parse(offers))
  } catch (error) {
    const cause = asTrap(error)
    if (cause instanceof Trap) throw invalid(`it exceeds the limit "${cause.limit}"`, cause)
    if (cause instanceof VmError) throw invalid(cause.message.slice(0, maxReasonLength), cause)
    throw new SteleError('call_aborted', { method: 'load', reason: String(cause) }, { cause })
  }
}

/** The engines of release 0.1.0 give the names alone. */
function readOffers(offers: unknown): Pick<Glue, 'methods' | 'anonymous'> {
  if (Array.isArray(offers)) return { methods: Array.from(offers, String), anonymous: false }
  const { methods, anonymous }: { methods?: unknown; anonymous?: unknown } = Object(offers)
  const names = Array.isArray(methods) ? Array.from(methods, String) : []
  return { methods: names, anonymous: anonymous === true }
}

/** Starts a method; its answer, or 'p' when it waits. */
function start(call: RunnableCall, { machine, driver }: Booted): string {
  const seed = Buffer.from(call.seed).toString('hex')
  const head = JSON.stringify([call.method, call.account, call.timeMs, seed, call.via])
  const values = [call.kind, head, call.args].map((text) => machine.newText(text))
  const text = machine.takeText(machine.call(driver.start, values))
  for (const value of values) machine.freeValue(value)
  return text
}

/** Runs promise jobs, and timers while what was started waits; `settled` gives its answer. */
function settle(started: string, { machine, driver, limits }: Booted, settled: Value): string {
  const count = countJobs(limits)
  machine.runJobs(count)
  let text = started
  for (let timers = 1; text === 'p'; timers++) {
    text = machine.takeText(machine.call(settled, []))
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

const neverSettled: ScriptError = {
  name: 'never_settled',
  message: 'The call waits for what can never happen',
}

/** What the prelude's answer means; its letters are explained there. */
function outcomeOf(text: string, limits: Limits, maxLevels: number): End {
  const rest = text.slice(1)
  switch (text[0]) {
    case 'u':
      return {}
    case 'r':
      return resultOf(rest, limits, maxLevels)
    case 'e':
      return { error: errorOf(rest) }
    case 'b':
      return badResult(errorOf(rest).message)
    case 'm':
      return { error: { name: 'MethodNotFound', message: 'Method not found' } }
    case 'p':
      return 'never settled'
    default:
      throw new Error('The prelude gave no answer')
  }
}

function resultOf(json: string, limits: Limits, maxLevels: number): End {
  if (Buffer.byteLength(json) > limits.resultBytes) {
    return badResult(`it is over ${limits.resultBytes} bytes`)
  }
  const read = readResult(json, maxLevels)
  return 'bad' in read ? badResult(read.bad) : { result: read.value }
}

function badResult(reason: string): { readonly error: ScriptError } {
  return { error: { name: 'bad_result', message: `Cannot use the result: ${reason}` } }
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
function refuseExhaustion(message: string): void {
  if (message.endsWith('out of memory')) throw new Trap('memory')
  if (message.endsWith('stack overflow')) throw new Trap('stack')
}

/** A Trap where the VM said in words that its heap or stack ended, which the prelude could not catch. */
export function asTrap(error: unknown): unknown {
  if (!(error instanceof VmError)) return error
  try {
    refuseExhaustion(error.message)
    return error
  } catch (trap) {
    return trap
  }
}

/** Answers `System.oracle`: from the record when the call is replayed, else by running the function. */
function makeOracle(booted: Booted, call: ScriptCall, answers: Answers): (fn: Value) => string {
  const { running } = booted
  return (fn) => {
    if (running.isOracle) return refuse('NotOpenError', 'An oracle asks no oracle')
    return answers.next(() => runOracle(booted, call, fn))
  }
}

/**
 * Runs an oracle's function on a copy of the memory and with counters of its own, so that a call leaves the same memory
 * behind, and has as much left of its limits, when it is replayed without running it. A limit that ends the function is its
 * answer.
 */
function runOracle(booted: Booted, call: ScriptCall, fn: Value): OracleAnswer {
  const { machine, driver, limits, running, meter } = booted
  const image = machine.save()
  const before = { ...running, gas: meter.gas }
  const askOutsideOf = (request: string): string => askOutside(call, request)
  Object.assign(running, idle(), { ...before, isOracle: true, askOutside: askOutsideOf })
  running.hostCalls = running.transferBytes = running.printedLines = meter.gas = 0
  try {
    const started = machine.takeText(machine.call(driver.ask, [fn]))
    const end = outcomeOf(settle(started, booted, driver.asked), limits, maxAnswerLevels)
    if (end === 'never settled') return { error: neverSettled }
    return 'error' in end ? end : { value: end.result ?? null }
  } catch (error) {
    const found = asTrap(error)
    if (found instanceof Trap) return { error: { name: 'trap', message: found.limit } }
    throw error
  } finally {
    machine.load(image)
    const { gas, ...counters } = before
    Object.assign(running, counters)
    meter.gas = gas
  }
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
