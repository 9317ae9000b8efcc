// The public face of @stele/log/published.
export { holdsLog, type PublishedFiles } from '../published.ts'
