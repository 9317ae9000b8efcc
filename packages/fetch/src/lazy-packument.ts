// A packument of which only some versions are at hand: those that were chosen before, which are mostly those that are chosen again. The
// rest is read when somebody asks for it, and stays as long as there is memory to spare: all versions of a thousand packages are some
// hundred MB.
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
    versions: Reflect.ownKeys(versions).filter((key) => typeof key === 'string'),
    isAttested: packument.hasAttestations ?? isAttested(packument),
    rows: Object.fromEntries(rows),
  }
}

function isAttested({ versions }: Packument): boolean {
  for (const version in versions) {
    if (versions[version]?.dist.attestations !== undefined) return true
  }
  return false
}

/** The packument, which need not stay in memory but for the versions that are `used`: `readWhole` gives all of it again. */
export function lentPackument(
  packument: Packument,
  { used, readWhole }: { readonly used: Iterable<string>; readonly readWhole: () => Packument },
): Packument {
  return lazyPackument(readyOf(packument, used), readWhole, packument.versions)
}

/** The packument as it was; `readWhole` gives all of it, and is asked when a version is wanted that is not at hand. */
export function lazyPackument(
  ready: Ready,
  readWhole: () => Packument,
  atHand?: Packument['versions'],
): Packument {
  const { name, tags, modified, time, isAttested: hasAttestations, versions } = ready
  const rows = new Map(Object.entries(ready.rows))
  let known: Set<string> | undefined
  const isKnown = (version: string): boolean => (known ??= new Set(versions)).has(version)
  let whole = atHand && new WeakRef(atHand)
  const findWhole = (): Packument['versions'] => {
    const held = whole?.deref()
    if (held !== undefined) return held
    const read = readWhole().versions
    whole = new WeakRef(read)
    return read
  }
  const releaseOf = (version: string): Release | undefined => {
    const row = rows.get(version)
    if (row !== undefined || !isKnown(version)) return row
    const found = findWhole()[version]
    if (found !== undefined) rows.set(version, found)
    return found
  }
  const proxy = new Proxy<Packument['versions']>(
    {},
    {
      has: (_, key) => typeof key === 'string' && isKnown(key),
      get: (_, key) => (typeof key === 'string' ? releaseOf(key) : undefined),
      ownKeys: () => [...versions],
      getOwnPropertyDescriptor: (_, key) =>
        typeof key === 'string' && (rows.has(key) || isKnown(key))
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
