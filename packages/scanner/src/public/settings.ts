// The public face of @stele/scanner/settings: what the operator says, and what that means.
export { scannerSection, sourcesOf } from '../settings.ts'
