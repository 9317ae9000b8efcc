// Runs the system's rsync.
import { spawn } from 'node:child_process'
import { SteleError } from '@stele/errors'
import { maxRsyncText } from './limits.ts'

/** Runs it with these arguments. `said` is the last of what it complained of. */
export type RunRsync = (
  args: readonly string[],
) => Promise<{ readonly status: number; readonly said: string }>

/** The rsync on PATH. It is ended when `stop` is. Throws `program_missing` where there is none. */
export function openRsync(stop: AbortSignal): RunRsync {
  return (args) =>
    new Promise((resolve, reject) => {
      const child = spawn('rsync', [...args], { stdio: ['ignore', 'ignore', 'pipe'], signal: stop })
      let text = ''
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(-maxRsyncText)
      })
      child.once('error', (cause: NodeJS.ErrnoException) => {
        if (stop.aborted) resolve({ status: -1, said: 'it was stopped' })
        else if (cause.code !== 'ENOENT') reject(cause)
        else {
          const reason = 'rsync is not installed here: install the package "rsync"'
          reject(new SteleError('push_impossible', { reason }, { cause }))
        }
      })
      child.once('close', (status, signal) => {
        const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
        const said = lines.find((line) => !line.startsWith('rsync error:')) ?? lines[0]
        resolve({ status: status ?? -1, said: said ?? `rsync ended with ${signal ?? status}` })
      })
    })
}
