// This start of the machine.
import { readFileSync } from 'node:fs'

/** Changes when the machine was started anew: what was written before may be lost. */
export function bootOf(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    const { uptime }: typeof import('node:os') = process.getBuiltinModule('node:os')
    return String(Math.round((Date.now() / 1000 - uptime()) / 600)) // Clocks are set: ten minutes more or less are the same start.
  }
}
