// Gathers what is wrong, the worst first, up to a limit of each weight: no kind of finding hides another.
import { entryOf, type Fault, faultOf } from './faults.ts'
import { maxFindings } from './limits.ts'

/** Findings, up to the limit of each weight. */
export class Findings {
  readonly #found = new Map<number, Fault[]>()
  #count = 0

  /** By weight, then by entry: what is checked side by side is found in any order. */
  get all(): readonly Fault[] {
    const found = [...this.#found.values()].flat()
    return found.toSorted((a, b) => a.weight - b.weight || entryOf(a) - entryOf(b))
  }

  /** How many were found, those beyond the limits too. */
  get count(): number {
    return this.#count
  }

  /** Forgets all findings: everything will be checked again. */
  clear(): void {
    this.#found.clear()
    this.#count = 0
  }

  add(...found: readonly Fault[]): void {
    for (const fault of found) {
      this.#count++
      const same = this.#found.get(fault.weight) ?? []
      this.#found.set(fault.weight, same)
      if (same.length < maxFindings) same.push(fault)
    }
  }

  /** Runs a check; what it finds is added. Says whether it found nothing. */
  async gather(check: () => Promise<void> | void): Promise<boolean> {
    try {
      await check()
      return true
    } catch (error) {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      this.add(fault)
      return false
    }
  }
}
