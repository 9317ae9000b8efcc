// npm test: fast checks first, then the unit suite, then the suites that start servers and real clients.
// npm run test:quick: the first two, and the suites that show in a minute that the thing works.
import { runSteps, type Step } from './run.ts'

const quick = ['http-scripts', 'operator', 'launcher']
const suites = process.argv.includes('--quick')
  ? quick.map((name) => `conformance/${name}.test.ts`)
  : ['conformance/*.test.ts']

const steps: readonly Step[] = [
  ['check', 'node', 'scripts/check.ts'],
  ['unit tests', 'node', 'scripts/unit.ts'],
  ['conformance', 'node', '--test', '--test-concurrency=1', ...suites],
]
runSteps(steps)
