// A packument of which only some versions are at hand: those that were chosen before, which are mostly those that are chosen again. The
// rest is read when somebody asks for it.
import type { Packument, Release } from '@stele/resolve/graph'

/** What resolving mostly needs of a packument. */
export type Ready = {
  readonly name: string
  readonly tags: Packument['dist-tags']
  readonly modified?: string
  /** Where the registry tells it in the short form. */
  readonly time?: NonNullable<Packument['time']>
  /** All versions, in the packument's order. */
  readonly versions: readonly string[]
  readonly isAttested: boolean
  readonly rows: { readonly [version: string]: Release }
}

/** What is to be at hand of a packument the next time: its latest version, and these. */
export function readyOf(packument: Packument, used: Iterable<string>): Ready {
  const { name, versions, modified, time, 'dist-tags': tags } = packument
  const wanted = new Set([tags['latest'] ?? '', ...used])
  const rows = [...wanted].flatMap((version) => {
    const release = Object.hasOwn(versions, version) ? versions[version] : undefined
    return release === undefined ? [] : [[version, release] as const]
  })
  return {
    name,
    tags,
    ...(typeof modified === 'string' ? { modified } : {}),
    ...(time === undefined ? {} : { time }),
    versions: Object.keys(versions),
    isAttested: isAttested(packument),
    rows: Object.fromEntries(rows),
  }
}

function isAttested({ versions }: Packument): boolean {
  for (const version in versions) {
    if (versions[version]?.dist.attestations !== undefined) return true
  }
  return false
}

/** The packument as it was; `readWhole` gives all of it, and is asked once, when a version is wanted that is not at hand. */
export function lazyPackument(ready: Ready, readWhole: () => Packument): Packument {
  const { name, tags, modified, time, isAttested: hasAttestations, rows, versions } = ready
  let known: Set<string> | undefined
  const isKnown = (version: string): boolean => (known ??= new Set(versions)).has(version)
  let whole: Packument['versions'] | undefined
  const releaseOf = (version: string): Release | undefined => {
    if (Object.hasOwn(rows, version)) return rows[version]
    if (!isKnown(version)) return undefined
    whole ??= readWhole().versions
    return whole[version]
  }
  const proxy = new Proxy<Packument['versions']>(
    {},
    {
      has: (_, key) => typeof key === 'string' && isKnown(key),
      get: (_, key) => (typeof key === 'string' ? releaseOf(key) : undefined),
      ownKeys: () => [...versions],
      getOwnPropertyDescriptor: (_, key) =>
        typeof key === 'string' && (Object.hasOwn(rows, key) || isKnown(key))
          ? { configurable: true, enumerable: true, writable: false, value: undefined }
          : undefined,
    },
  )
  return {
    name,
    'dist-tags': tags,
    versions: proxy,
    hasAttestations,
    ...(modified === undefined ? {} : { modified }),
    ...(time === undefined ? {} : { time }),
  }
}
