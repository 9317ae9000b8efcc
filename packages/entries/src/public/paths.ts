// The public face of @stele/entries/paths.
export {
  type BundleKind,
  blobPath,
  bundleKinds,
  bundlePath,
  logFolder,
  logRoot,
  parseBlobPath,
  withholdableKinds,
} from '../log-paths.ts'
