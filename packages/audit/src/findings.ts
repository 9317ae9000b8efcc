// Gathers what is wrong beyond the log itself, up to a limit.
import { isSteleError, type SteleError } from '@stele/errors'
import { maxFindings } from './limits.ts'

const codes = ['entry_mismatch', 'file_mismatch', 'release_mismatch', 'served_mismatch'] as const

/** Whether an error says that the registry is wrong; others say that it could not be asked, or are bugs. */
function isFinding(error: unknown): error is SteleError {
  return codes.some((code) => isSteleError(error, code))
}

/** Findings, up to the limit. */
export class Findings {
  readonly #found: SteleError[] = []

  /** By entry: what is checked side by side is found in any order. */
  get all(): readonly SteleError[] {
    return this.#found.toSorted((a, b) => entryOf(a) - entryOf(b))
  }

  /** Whether no more are wanted. */
  get isFull(): boolean {
    return this.#found.length >= maxFindings
  }

  add(...found: readonly SteleError[]): void {
    this.#found.push(...found.slice(0, maxFindings - this.#found.length))
  }

  /** Runs a check; what it finds is added. Says whether it found nothing. */
  async gather(check: () => Promise<void> | void): Promise<boolean> {
    try {
      await check()
      return true
    } catch (error) {
      if (!isFinding(error)) throw error
      this.add(error)
      return false
    }
  }
}

function entryOf({ details }: SteleError): number {
  return 'entry' in details && details.entry !== null ? details.entry : Number.MAX_SAFE_INTEGER
}
