// The public face of @stele/fetch.
export { type RegistryConfig, readConfig } from './config.ts'
export { openRegistries, type Registries } from './registry.ts'
