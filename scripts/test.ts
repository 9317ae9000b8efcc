// npm test: fast checks first, then the unit suite, then the suites that start servers and real clients.
import { runSteps } from './run.ts'

const unit = [
  '--test',
  '--test-isolation=none',
  'packages/*/test/*.test.ts',
  'scripts/test/*.test.ts',
]
const slow = ['--test', '--test-concurrency=1', 'conformance/*.test.ts']

runSteps([
  ['check', 'node', 'scripts/check.ts'],
  ['unit tests', 'node', '--test-reporter=dot', ...unit],
  ['conformance', 'node', ...slow],
])
