// The tarball of a release that was chosen, if it is here.
import type { HeldTarball, UpstreamPorts } from './ports.ts'

/** A release's tarball that is here; `integrity` is the one that it was chosen with. */
type FindHeld = (
  name: string,
  chosen: { readonly version: string; readonly integrity: string },
) => Promise<HeldTarball | undefined>

/** Over what is kept. */
export function createFindHeld({
  state,
  tarballs,
}: Pick<UpstreamPorts, 'state' | 'tarballs'>): FindHeld {
  return async (name, { version, integrity }) => {
    const held = await tarballs.find(integrity, name)
    // Where the integrity is a weaker hash, the one in the log binds.
    const isWeak = integrity.startsWith('sha1-')
    const logged = isWeak ? state.contents(name, version)?.sha512 : undefined
    return logged === undefined || held?.sha512 === logged ? held : undefined
  }
}
