// The public face of @stele/log/published.

export { type FolderReport, type RepairOptions } from '../folder-plan.ts'
export { holdsLog, type PublishedFiles } from '../published.ts'
export { logFault } from '../recover.ts'
