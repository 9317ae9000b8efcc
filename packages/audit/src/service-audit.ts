// Has a service's checks made on any free thread, each once for what does not change, and gathers what they find.

import type { CheckItem, ServedContents } from '@stele/entries/checks'
import { checkTools, runCheck, runChecks } from './check-runner.ts'
import type { Fault } from './faults.ts'
import type { Findings } from './findings.ts'
import { checksPerJob, maxNotCompared } from './limits.ts'
import { forEachParallel } from './parallel.ts'
import type { VerifyPorts } from './ports.ts'
import type { Replay } from './replay.ts'
import type { Exception } from './report.ts'
import type { CheckJob, CheckOutcome, CheckTools, RemoteChecker } from './service-checks.ts'

type AuditOptions = {
  readonly findings: Findings
  readonly contents: boolean
  /** Contents that entries below it wrote were checked on another day. */
  readonly since: number
}

/** The checks of one service over one replay. */
export class ServiceAudit {
  readonly #ports: VerifyPorts
  readonly #replay: Replay
  readonly #options: AuditOptions
  #remote: readonly RemoteChecker[] = []
  #checkedTo: number
  #contentsChecked = 0
  readonly #right = new Set<string>()
  readonly #notGiven = new Set<string>()
  readonly #told = new Map<string, string>()
  readonly #notCompared = new Set<string>()
  readonly #servedContents = new Map<string, ServedContents>()
  readonly #unknown = new Map<string, Exception>()
  #listingsUnknown: Exception | undefined
  #isServed: boolean | undefined

  constructor(ports: VerifyPorts, replay: Replay, options: AuditOptions) {
    this.#ports = ports
    this.#replay = replay
    this.#options = options
    this.#checkedTo = options.since
  }

  /** Has checks made by these too. */
  employ(remote: readonly RemoteChecker[]): void {
    this.#remote = remote
  }

  /** Contents that were fetched and taken apart. */
  get contentsChecked(): number {
    return this.#contentsChecked
  }

  /** Contents that entries below it wrote were checked. */
  get contentsTo(): number {
    return this.#options.contents ? this.#checkedTo : this.#options.since
  }

  /** What is served as the log says. */
  get servedRight(): number {
    return this.#right.size
  }

  /** What was not served, where that is no fault. */
  get servedNotGiven(): number {
    return this.#notGiven.size
  }

  /** Contents that were compared where they are served, and those that could not be. */
  get servedContents(): ServedContents {
    let [compared, notGiven, heldBack, notKnown] = [0, 0, 0, 0]
    for (const one of this.#servedContents.values()) {
      compared += one.compared
      notGiven += one.notGiven
      heldBack += one.heldBack
      notKnown += one.notKnown
    }
    return { compared, notGiven, heldBack, notKnown }
  }

  /** What else the service's state tells. */
  get notes(): readonly string[] {
    return this.#ports.checks.notes?.(this.#replay.state) ?? []
  }

  /** What could not be compared, since values of the state are withheld. */
  get unknown(): readonly Exception[] {
    const listings = this.#listingsUnknown
    return [...this.#unknown.values(), ...(listings === undefined ? [] : [listings])]
  }

  /** What is served and was not compared. */
  get notCompared(): readonly string[] {
    return [...this.#ports.checks.notCompared, ...this.#notCompared]
  }

  /** Whether there is a service, or only a copy of its log; undefined before anyone looked. */
  get isServed(): boolean | undefined {
    return this.#isServed
  }

  /** The contents that new entries wrote. */
  get newContents(): readonly CheckItem[] {
    return this.#ports.checks.contents(this.#replay.state, this.#checkedTo)
  }

  /** Checks the contents that are new in the state. What is found is final: they are named by hashes. */
  async checkContents(size: number): Promise<void> {
    const items = this.newContents
    this.#checkedTo = size
    await this.#make('content', items, (outcome, item) => {
      const { findings } = this.#options
      findings.add(...outcome.faults)
      this.#noteMissing(outcome)
      if (outcome.unknown !== undefined) {
        const { exceptions } = this.#replay
        const reason = outcome.unknown
        exceptions.add(item.entry, { unchecked: 'content', reason, subject: item.key })
      } else if (outcome.missing.length === 0) this.#contentsChecked++
    })
  }

  /** Finds out whether there is a service, or only a copy of its log. */
  async look(): Promise<boolean> {
    this.#isServed ??= await this.#ports.checks.isServed(this.#tools())
    return this.#isServed
  }

  #tools(): CheckTools {
    return checkTools({ ...this.#ports, rows: this.#replay.rows }, this.#options.contents)
  }

  /** Compares everything that has not been settled yet: found right, or not given. Gives what differs, which counts only if the log has nothing newer. */
  async compareServed(): Promise<readonly Fault[]> {
    if (!(await this.look())) return []
    const items = this.#ports.checks
      .served(this.#replay.state)
      .filter(({ key }) => !this.#right.has(key) && !this.#notGiven.has(key))
    const different: Fault[] = []
    await this.#make('served', items, (outcome, { key, entry }) => {
      this.#noteMissing(outcome)
      this.#noteTold(outcome, key)
      if (outcome.contents !== undefined) this.#servedContents.set(key, outcome.contents)
      this.#unknown.delete(key)
      if (outcome.unknown !== undefined) {
        this.#unknown.set(key, notComparable(entry, outcome.unknown, key))
      } else if (outcome.faults.length > 0) different.push(...outcome.faults)
      else (outcome.isNotGiven === true ? this.#notGiven : this.#right).add(key)
    })
    return [...different, ...(await this.#compareListings())]
  }

  async #compareListings(): Promise<readonly Fault[]> {
    const ports = { ...this.#ports, rows: this.#replay.rows }
    const { checkListings } = this.#ports.checks
    const check = (tools: CheckTools): Promise<CheckOutcome> => checkListings(tools, this.#told)
    const outcome = await runCheck(ports, check, this.#options.contents)
    this.#noteMissing(outcome)
    this.#noteTold(outcome)
    const { unknown, faults } = outcome
    const newest = Math.max(0, this.#replay.entryCount - 1)
    this.#listingsUnknown =
      unknown === undefined ? undefined : notComparable(newest, unknown, 'the listings')
    return faults
  }

  #noteTold({ told, notCompared = [] }: CheckOutcome, key?: string): void {
    if (key !== undefined && told !== undefined) this.#told.set(key, told)
    for (const what of notCompared) {
      if (this.#notCompared.size < maxNotCompared) this.#notCompared.add(what)
    }
  }

  #noteMissing({ missing }: CheckOutcome): void {
    for (const { blob, entry, subject } of missing) {
      this.#replay.withheld.miss({ blob }, entry)
      this.#replay.exceptions.add(entry, { unchecked: 'content', reason: blob, subject })
    }
  }

  /** Threads take jobs as they come; this one makes some too. */
  async #make(
    kind: CheckJob['kind'],
    items: readonly CheckItem[],
    heard: (outcome: CheckOutcome, item: CheckItem) => void,
  ): Promise<void> {
    const { contents } = this.#options
    const jobs: CheckItem[][] = []
    for (let at = 0; at < items.length; at += checksPerJob) {
      jobs.push(items.slice(at, at + checksPerJob))
    }
    const ports = { ...this.#ports, rows: this.#replay.rows }
    const own: RemoteChecker = { check: (job) => runChecks(ports, job) }
    const hands = [own, ...this.#remote]
    const rest = jobs[Symbol.iterator]()
    let done = 0
    await forEachParallel(hands, hands.length, async (hand) => {
      for (let next = rest.next(); next.done !== true; next = rest.next()) {
        const batch = next.value
        const outcomes = await hand.check({ kind, contents, items: batch })
        outcomes.forEach((outcome, position) => {
          const item = batch[position]
          if (item !== undefined) heard(outcome, item)
        })
        done += batch.length
        const phase = kind === 'content' ? 'contents' : 'served'
        this.#ports.progress({ phase, done, total: items.length })
      }
    })
  }
}

function notComparable(entry: number, reason: string, subject: string): Exception {
  return { from: entry, to: entry, unchecked: 'served', reason, subject }
}
