// The settings of the mnpm face.
import { list, type Section, url } from '@stele/settings'

/** What the operator says about mnpm. */
export type MnpmSettings = { readonly mirrors: readonly string[] }

export const mnpmSection: Section<MnpmSettings> = {
  name: 'mnpm',
  fields: {
    mirrors: {
      summary: 'addresses that hold the tarballs for mnpm clients',
      kind: list(url),
      fallback: [],
    },
  },
}
