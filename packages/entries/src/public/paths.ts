// The public face of @stele/entries/paths.
export { filesRoot, listingOf, parseListing } from '../listing.ts'
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
