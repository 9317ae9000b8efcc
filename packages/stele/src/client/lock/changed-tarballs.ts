// Tarballs of the project itself that are others than when the lock was written: packed anew under the same name.
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { readRegular } from '@stele/install/files'
import type { Locked } from '@stele/resolve'
import { type Graph, integrityOf, type PackageId } from '@stele/resolve/graph'
import { maxTarballBytes } from '../limits.ts'

/** The packages of such tarballs, with their addresses. One that is gone is not among them: its files may be in the store. Throws source_unusable. */
export function changedTarballs(root: string, { packages }: Graph): ReadonlyMap<PackageId, string> {
  const changed = new Map<PackageId, string>()
  for (const [id, { dist }] of packages) {
    const wanted = integrityOf(dist)
    if (!dist.tarball.startsWith('file:') || wanted?.startsWith('sha512-') !== true) continue
    const path = resolve(root, dist.tarball.slice('file:'.length))
    if (!existsSync(path)) continue
    if (digestOf(path, dist.tarball) !== wanted) changed.set(id, dist.tarball)
  }
  return changed
}

function digestOf(path: string, specifier: string): string {
  try {
    return `sha512-${hash('sha512', readRegular(path, maxTarballBytes), 'base64')}`
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SteleError('source_unusable', { specifier, reason, chain: [] }, { cause })
  }
}

/** The lock without these packages: they are looked at anew. */
export function withoutPackages(
  locked: Locked | undefined,
  gone: ReadonlyMap<PackageId, string>,
): Locked | undefined {
  if (locked === undefined || gone.size === 0) return locked
  return {
    ...locked,
    direct: (from, edge) => {
      const id = locked.direct(from, edge)
      return id === undefined || gone.has(id) ? undefined : id
    },
    node: (id) => (gone.has(id) ? undefined : locked.node(id)),
  }
}
