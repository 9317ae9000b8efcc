// The public face of @stele/settings/own-kinds: what a package makes a kind of its own with.
export { urlOr } from '../kinds.ts'
export { type Kind, refuse } from '../section.ts'
