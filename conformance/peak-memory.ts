// The most memory that a program held: read from /proc while it runs, so Linux only.
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** What it left; `bytes` is its peak resident size, as it stood at the last look. */
export type Peak = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly bytes: number
}

const lookEveryMs = 20
const killAfterMs = 60_000

/** Waits for the program's end, and looks at its memory meanwhile. */
export async function peakBytes(child: ChildProcessWithoutNullStreams): Promise<Peak> {
  let [stdout, stderr, bytes] = ['', '', 0]
  child.stdout.on('data', (text) => (stdout += String(text)))
  child.stderr.on('data', (text) => (stderr += String(text)))
  const look = setInterval(() => {
    bytes = Math.max(bytes, readPeak(child.pid))
  }, lookEveryMs)
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  const [code] = await once(child, 'close')
  clearInterval(look)
  clearTimeout(timer)
  return { code: typeof code === 'number' ? code : null, stdout, stderr, bytes }
}

/** The most memory that a running process has held since it started, bytes; 0 where it has just ended. */
export function readPeak(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0 // It has just ended.
  }
}
