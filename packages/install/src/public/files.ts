// The public face of @stele/install/files: reading what others wrote. It loads no more than that.
export { readRegular } from '../read-regular.ts'
