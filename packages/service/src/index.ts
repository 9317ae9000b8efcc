// The public face of @stele/service.
export {
  type OpenScript,
  type ServiceDefinition,
  type ServiceEvent,
  type ServiceHome,
  type ServiceIdentity,
  type ServicePorts,
  type ServiceStore,
  type Timers,
} from './ports.ts'
export type { RulesChange, RulesInForce } from './rules.ts'
export { openScript } from './script.ts'
export {
  createFolderPublisher,
  homeFault,
  keysText,
  openService,
  repairFolder,
  type Service,
} from './service.ts'
