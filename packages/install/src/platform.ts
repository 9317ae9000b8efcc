// Which packages of a graph are for this machine: the lock holds those of all.
import { type Graph, type InstanceKey, linkedFolder, type Release } from '@stele/resolve/graph'

/** A machine, in Node's words; `libc` is `glibc` or `musl` on Linux. */
export type Platform = {
  readonly os: string
  readonly cpu: string
  readonly libc?: string | undefined
}

/** Whether the package says that it is for this machine, or says nothing. */
export function isFor({ os, cpu, libc }: Release, platform: Platform): boolean {
  if (!names(os, platform.os) || !names(cpu, platform.cpu)) return false
  // Few packages ask for it, and to find it out takes a while.
  return libc === undefined || platform.libc === undefined || names(libc, platform.libc)
}

/** npm's lists: `any`, names, and names with `!` that are excluded. */
function names(list: readonly string[] | string | undefined, own: string): boolean {
  const listed = list === undefined ? [] : [list].flat()
  if (listed.length === 0 || (listed.length === 1 && listed[0] === 'any')) return true
  if (listed.includes(`!${own}`)) return false
  return listed.includes(own) || listed.every((each) => each.startsWith('!'))
}

/** What is left out on purpose. */
export type Omitted = {
  readonly dev?: boolean
  readonly optional?: boolean
}

/** What to install of the graph, from the package.jsons on: optional packages for other machines are left out. */
export function selectInstances(
  { importers, instances, packages }: Graph,
  platform: Platform,
  omitted: Omitted = {},
): ReadonlySet<InstanceKey> {
  const selected = new Set<InstanceKey>()
  const take = (key: InstanceKey | undefined, isOptional: boolean): void => {
    if (key === undefined || linkedFolder(key) !== undefined || selected.has(key)) return
    const release = packages.get(instances.get(key)?.id ?? '')
    if (isOptional && (release === undefined || !isFor(release, platform))) return
    selected.add(key)
  }
  for (const { directs } of importers) {
    for (const { kind, instance } of directs) {
      const isOptional = kind === 'optionalDependencies'
      if ((kind === 'devDependencies' && omitted.dev) || (isOptional && omitted.optional)) continue
      take(instance, isOptional)
    }
  }
  for (const key of selected) {
    const { dependencies = new Map<string, string>(), optional = new Set() } =
      instances.get(key) ?? {}
    for (const [name, target] of dependencies) {
      if (optional.has(name) && omitted.optional) continue
      take(target, optional.has(name))
    }
  }
  return selected
}
