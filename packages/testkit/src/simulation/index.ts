// A seeded simulation of a service, for tests only.
export type { Disk } from './disk.ts'
export {
  SimulationFailure,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from './simulation.ts'
export { stepNames } from './steps.ts'
