// The public face of @stele/tarball.
export { formatFileList, type ListedFile } from './file-list.ts'
export { type Packed } from './gunzip.ts'
export { defaultLimits, type TarballLimits } from './limits.ts'
export { createFilesReader, type FilesReader } from './read-files.ts'
export { type PackedTarball, readPackedTarball } from './read-packed.ts'
export { readTarball, type Tarball, type TarballFile } from './read-tarball.ts'
export { findReadme, type Readme } from './readme.ts'
