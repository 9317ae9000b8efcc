// The public face of @stele/faces.
export { defaultMaxUploadBytes } from './limits.ts'
export type { FacePorts, FaceSettings, LogReads, StoredFile } from './ports.ts'
export { createRoutes } from './routes.ts'
