// The settings of the JS Registry face: under the names that its documents give them, and one of ours.
import { type NamedHost, parseHost } from '@stele/formats/networks'
import { kindOf, list, type Section, toggle } from '@stele/settings'

/** What the operator says about the JS Registry. */
export type JsRegistrySettings = {
  /** Packages have distribution files. */
  readonly 'distribution.enabled': boolean
  /** Hosts that archives may be uploaded from by their addresses. */
  readonly 'upload.hosts': readonly NamedHost[]
}

const host = kindOf('a host, such as repo.example or repo.example:8443', (found) =>
  typeof found === 'string' ? parseHost(found) : undefined,
)

export const jsRegistrySection: Section<JsRegistrySettings> = {
  name: 'jsregistry',
  fields: {
    'distribution.enabled': {
      summary: "whether the JS Registry's tree has tarballs and zips; npm needs them",
      kind: toggle,
      fallback: true,
    },
    'upload.hosts': {
      summary: 'hosts that accounts may have archives fetched from, to be published',
      kind: list(host),
      fallback: [],
    },
  },
}
