// Runs the simulation from the seeds `from` to `to - 1`: `node conformance/simulation-run.ts <from> <to>`. Ends with status 1
// at the first seed that fails, and says which.
import { SimulationFailure, simulate } from '../packages/testkit/src/simulation/index.ts'

const [from = 0, to = 1] = process.argv.slice(2).map(Number)
try {
  let [entries, powerCuts] = [0, 0]
  for (let seed = from; seed < to; seed++) {
    const report = await simulate(seed)
    entries += report.entries
    powerCuts += report.powerCuts
  }
  console.log(JSON.stringify({ seeds: to - from, entries, powerCuts }))
} catch (error) {
  if (!(error instanceof SimulationFailure)) throw error
  console.error(error.message)
  console.error(`Again: node conformance/simulation-run.ts ${error.seed} ${error.seed + 1}`)
  process.exitCode = 1
}
