// The JS Registry face: the CommonJS tree of packages that con terra's JS Registry shows, which npm installs from.
import type { FaceDefinition } from '@stele/http/routes'
import { createAccess } from '../access.ts'
import { createContents } from './contents.ts'
import { createShowZip, distributionRoutes, noDistributionRoutes } from './distribution.ts'
import { fileRoutes } from './files.ts'
import { npmCommandRoutes } from './npm-commands.ts'
import { createReadPacks, packRoutes } from './packs.ts'
import { pageRoutes } from './pages.ts'
import type { JsRegistryPorts } from './ports.ts'
import { type JsRegistrySettings, jsRegistrySection } from './settings.ts'
import { treeRoutes } from './tree.ts'
import { uploadRoutes } from './upload.ts'

export type { FetchFrom, JsRegistryPorts, LocatedReads, LocatedVersion } from './ports.ts'
export type { JsRegistrySettings } from './settings.ts'

/** The package tree below `/resources/jsregistry/root`. */
export const jsRegistryFace: FaceDefinition<JsRegistryPorts, JsRegistrySettings> = {
  settings: jsRegistrySection,
  open: (ports, { 'distribution.enabled': hasDistributions, 'upload.hosts': hosts }) => {
    const contents = createContents(ports)
    const access = createAccess(ports)
    const readPacks = createReadPacks(ports)
    const tree = hasDistributions
      ? [
          ...treeRoutes(ports, createShowZip(ports, contents)),
          ...distributionRoutes(ports, contents),
        ]
      : [...treeRoutes(ports), ...noDistributionRoutes()]
    return {
      routes: [
        ...tree,
        ...fileRoutes(ports, contents),
        ...pageRoutes({ ...ports, readPacks }, { hasDistributions }),
        ...packRoutes({ ...ports, readPacks }, access),
        ...uploadRoutes({ ...ports, fetchArchive: ports.fetchFrom(hosts) }, access),
        ...npmCommandRoutes(ports, access),
      ],
    }
  },
}
