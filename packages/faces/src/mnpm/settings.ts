// The settings of the mnpm faces, and those of a registry's mirrors.
import { list, port, type Section, url } from '@stele/settings'

/** What the operator says about mnpm. */
export type MnpmSettings = {
  readonly mirrors: readonly string[]
  /** The calls stand at the root of this port too; null: at none. */
  readonly port: number | null
}

export const mnpmSection: Section<MnpmSettings> = {
  name: 'mnpm',
  fields: {
    mirrors: {
      summary: 'addresses that hold the tarballs for mnpm clients, in whatever form these expect',
      kind: list(url),
      fallback: [],
    },
    port: {
      summary: "a port of its own, with mnpm's calls at its root; 0 takes a free one",
      kind: port,
      fallback: null,
    },
  },
}

/** What the operator says about copies of the registry. */
export type MirrorSettings = { readonly mirrors: readonly string[] }

/** Its setting stands at the top of the file. */
export const mirrorSection: Section<MirrorSettings> = {
  name: '',
  fields: {
    mirrors: {
      summary: 'addresses of mirrors that "stele mirror" made, as their --base-url says',
      kind: list(url),
      fallback: [],
    },
  },
}
