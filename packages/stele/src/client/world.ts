// What an installation works with: settings, registries, other sources, the store, and what brings packages into it.
import { type Registries, type RegistryConfig, readConfig } from '@stele/fetch'
import { isFor, openStore, type Store } from '@stele/install'
import type { ResolvePorts } from '@stele/resolve'
import type { InstallOptions } from './installation.ts'
import { ownPlatform } from './layout/own-platform.ts'
import type { Progress } from './reporter.ts'
import { openOwnRegistries } from './resolving/registries.ts'
import { askedOnce } from './sources/asked-once.ts'
import { Fetching } from './sources/fetching.ts'
import { Pull } from './sources/pull.ts'
import { openSources, type Sources } from './sources/sources.ts'
import { bootOf } from './store/boot.ts'
import { storeFolder } from './store/registered.ts'
import { ownerNotice } from './store/store-owner.ts'

/** All of it. */
export type World = {
  readonly config: RegistryConfig
  readonly registries: Registries
  readonly sources: Sources
  readonly store: Store
  readonly fetching: Fetching
  /** The package belongs to the graph. */
  readonly note: () => void
  readonly progress: () => Progress
  readonly close: () => void
}

/** Opens all of it for the project at this root. */
export function openWorld({ env, main, freshness, reporter }: InstallOptions, root: string): World {
  const config = readConfig(root, env)
  for (const line of config.notices) reporter?.say(line)
  const registries = openOwnRegistries(config, env, freshness)
  const sources = openSources(root, registries, env)
  const store = openStore(storeFolder(env), bootOf())
  const owner = ownerNotice(store.path)
  if (owner !== undefined) reporter?.say(owner)
  const pull = new Pull({ main, root, store, registries })
  const fetching = new Fetching({ pull, sources, store, isOffline: registries.isOffline })
  const close = (): void => {
    pull.close()
    registries.close()
  }
  let resolved = 0
  const progress = (): Progress => ({
    resolved,
    fetched: fetching.count,
    wanted: pull.wanted,
    fetchedBytes: pull.fetchedBytes,
  })
  const note = (): void => void (resolved += 1)
  return { config, registries, sources, store, fetching, note, progress, close }
}

/** What a resolution asks; what it chooses begins to be fetched. */
export function portsOf(
  { registries, sources, fetching, note }: World,
  onlyResolves: boolean,
): ResolvePorts {
  return {
    packument: askedOnce(registries.packument),
    other: sources.find,
    // What is for other machines is only in the lock; who depends on it all the same fetches it at the end.
    chosen: (id, release) => {
      note()
      registries.noteChosen(release)
      if (!onlyResolves && isFor(release, ownPlatform)) fetching.begin(id, release)
    },
  }
}
