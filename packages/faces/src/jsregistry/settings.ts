// The settings of the JS Registry face, under the names that its documents give them.
import { type Section, toggle } from '@stele/settings'

/** What the operator says about the JS Registry. */
export type JsRegistrySettings = {
  /** Packages have distribution files. */
  readonly 'distribution.enabled': boolean
}

export const jsRegistrySection: Section<JsRegistrySettings> = {
  name: 'jsregistry',
  fields: {
    'distribution.enabled': {
      summary: "whether the JS Registry's tree has tarballs and zips; npm needs them",
      kind: toggle,
      fallback: true,
    },
  },
}
