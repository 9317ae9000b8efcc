// How long the long suites go on, as unit tests know it too.
export { roundsOf } from '../packages/testkit/src/index.ts'
