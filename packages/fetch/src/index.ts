// The public face of @stele/fetch.
export { type RegistryConfig, readConfig } from './config.ts'
export { openPlainHttp, type PlainHttp } from './plain-http.ts'
export { openRegistries, type Registries } from './registry.ts'
