// The public face of @stele/locks/foreign: the locks of other clients, read only where there is no stele.lock.
export { foreignNames, readForeignLock } from '../foreign/read.ts'
