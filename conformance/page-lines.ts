// The shell lines of a page, and a terminal in which one of them serves until the test ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { spawnOwn, waitForLine } from './processes.ts'

const startTimeoutMs = 30_000

/** The `sh` blocks of a page, or of its section with this title: each with the end of its last line. */
export function readBlocks(page: string, title?: string): readonly string[] {
  const found = title === undefined ? page : sectionOf(page, title)
  const blocks = [...found.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  assert.ok(blocks.length > 0, `There are no sh blocks in ${title ?? 'the page'}`)
  return blocks
}

function sectionOf(page: string, title: string): string {
  return new RegExp(`^## ${title}$(.*?)^## `, 'ms').exec(page)?.[1] ?? ''
}

/** Runs the line that serves, until the scope ends. */
export async function startInTerminal(
  line: string,
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  ready: RegExp = /"event":"listening"/,
): Promise<AsyncDisposable> {
  const child = spawnOwn('bash', ['--norc', '-c', `exec ${line}`], options)
  const ended = once(child, 'exit')
  child.stdout.resume()
  await waitForLine(child, ready, startTimeoutMs)
  return {
    [Symbol.asyncDispose]: async () => {
      // As Ctrl-C does: to all programs of the terminal.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT')
      await ended
    },
  }
}
