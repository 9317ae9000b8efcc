// Loaded before a program (`node --import`): when it ends, its CPU with all its threads is the last line of its errors.
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    const maxResidentBytes = process.resourceUsage().maxRSS * 1024
    process.stderr.write(
      `\n${JSON.stringify({ cpuMs: (user + system) / 1000, maxResidentBytes })}\n`,
    )
  })
}
