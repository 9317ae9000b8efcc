// The public face of @stele/upstream.
export type { Amending } from './amending.ts'
export { createPinnedState } from './pinned-state.ts'
export type {
  Answer,
  Apart,
  Get,
  HeldTarball,
  HostCalls,
  Kept,
  KeptHead,
  Receiving,
  Tarballs,
  Upstream,
  UpstreamEvent,
  UpstreamPorts,
} from './ports.ts'
export { createProxy, type Proxy } from './proxy.ts'
export { type ProxiedTarball } from './releases.ts'
export { npm, type UpstreamSettings, upstreamSection } from './settings.ts'
