// The registries of a project, with the packuments that are kept on this machine.
import { join } from 'node:path'
import {
  type Freshness,
  openKeptPackuments,
  openRegistries,
  type Registries,
  type RegistryConfig,
} from '@stele/fetch'
import { storeFolder } from '../store/registered.ts'

/** The folder of the packuments that are kept below a store. */
export function packumentFolder(store: string): string {
  return join(store, 'packuments')
}

/** Opens them. `freshness` is what was asked for; without it what the settings say. */
export function openOwnRegistries(
  config: RegistryConfig,
  env: NodeJS.ProcessEnv,
  freshness: Freshness | undefined,
): Registries {
  const folder = packumentFolder(storeFolder(env))
  const set = freshnessIn(config)
  const isOffline = set === 'offline' && freshness === 'prefer-online'
  const kept = openKeptPackuments(folder, isOffline ? set : (freshness ?? set))
  return openRegistries(config, kept)
}

const named = ['offline', 'prefer-offline', 'prefer-online'] as const

function freshnessIn(config: RegistryConfig): Freshness {
  return named.find((name) => config.setting(name) === 'true') ?? 'usual'
}

/** What the options of a command say of it; undefined where they say nothing. */
export function freshnessOf(options: { readonly [name: string]: unknown }): Freshness | undefined {
  return named.find((name) => options[name] === true)
}
