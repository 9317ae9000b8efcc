// npm run test:unit: the unit suite in two processes at once, each with every second file. One process for all files would hold
// the memory of all of them until its end, one for each would load the same modules 400 times.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { root } from './run.ts'

const processes = 2
const options = [
  '--test',
  '--test-isolation=none',
  '--test-reporter=./scripts/progress-reporter.ts',
]
const files = ['packages/*/test/*.test.ts', 'scripts/test/*.test.ts']

/** Runs one part. Says whether all its tests passed. */
async function runPart(part: number): Promise<boolean> {
  const shard = `--test-shard=${part}/${processes}`
  const args = [...options, shard, ...process.argv.slice(2), ...files]
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [status] = await once(child, 'exit')
  return status === 0
}

const parts = Array.from({ length: processes }, (_, at) => runPart(at + 1))
const results = await Promise.all(parts)
if (results.includes(false)) process.exitCode = 1
