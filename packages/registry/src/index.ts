// The public face of @stele/registry.
export { knownRules, releaseOfRules, rulesScript } from './assets.ts'
export { type Changed } from './changes.ts'
export { type DocumentJob, type ReadDocument, readDocument, readLargeDocument } from './document.ts'
export { type RegistryPorts, type UpstreamReads } from './ports.ts'
export { type Published } from './publishing.ts'
export { createRegistry, type Registry } from './registry.ts'
export { registryProjection, type ViewWrite } from './views.ts'
