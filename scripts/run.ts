// Runs commands one after the other, tells how long each took, and stops at the first that fails.
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The repository's root. */
export const root: string = join(import.meta.dirname, '..')

/** A step: its name, and the command with its arguments. Commands of the workspace and its Node come first in PATH. */
export type Step = readonly [name: string, command: string, ...args: string[]]

/** Runs the steps. Ends the process with status 1 when one fails. */
export function runSteps(steps: readonly Step[]): void {
  const path = [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter)
  for (const [name, command, ...args] of steps) {
    const startMs = performance.now()
    const { status, error } = spawnSync(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: path },
    })
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    if (status !== 0) {
      process.stderr.write(
        `failed: ${name} (${error?.message ?? `status ${status}`}, ${seconds} s)\n`,
      )
      process.exit(1)
    }
    process.stdout.write(`ok: ${name} (${seconds} s)\n`)
  }
}
