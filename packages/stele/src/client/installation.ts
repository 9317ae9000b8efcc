// What an installation is asked for, and what it tells.
import type { Freshness } from '@stele/fetch'
import type { PeerMismatch } from '@stele/resolve'
import type { InstanceKey, PackageId } from '@stele/resolve/graph'
import type { Typed } from '../command-input.ts'
import type { OmitAsked } from './layout/omitted.ts'
import type { Change } from './lock/graph-changes.ts'
import type { LockAsked } from './lock/lock-file.ts'
import type { GlobalPlace } from './project/global.ts'
import type { Pins } from './project/pins.ts'
import type { ManifestTexts } from './project/project.ts'
import type { Reporter } from './reporter.ts'
import type { OwnScriptsAsked } from './scripts/lifecycle.ts'

/** What an installation is asked for. */
export type InstallOptions = {
  /** Any folder of the project. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  /** The module that runs this process; threads are started from it. */
  readonly main: URL
  readonly omit?: OmitAsked
  /** The lock must fit as it is. */
  readonly isFrozen?: boolean
  /** Resolves even where the lock fits, with this in place of all that the lock has. */
  readonly relock?: LockAsked['relock']
  /** Packages share versions, as few as everybody can live with. */
  readonly dedupes?: boolean
  /** The package.jsons of the workspace that are meant, by their folders; all where absent. */
  readonly folders?: readonly string[] | undefined
  /** What is changed in package.jsons, asked for when it is this installation's turn; written when all is in its place. */
  readonly change?: (() => Promise<ProjectChange>) | undefined
  /** What node_modules has is removed, once all that is to be there is in the store. */
  readonly isFresh?: boolean | undefined
  /** Changes nothing: the report tells what would be changed. */
  readonly isDryRun?: boolean
  /** Nothing but package.json and the lock changes. */
  readonly isLockOnly?: boolean
  /** What --layout says. */
  readonly layout?: string | undefined
  /** How far packuments that are kept are trusted; without it as the settings say. */
  readonly freshness?: Freshness | undefined
  /** Programs are linked for the whole machine. */
  readonly global?: GlobalPlace | undefined
  /** What others have put where programs go is replaced. */
  readonly isForced?: boolean | undefined
  /** What was typed behind "install": when it is typed again, and nothing has changed, there is nothing to do. */
  readonly typed?: Typed | undefined
  /** Nothing but node_modules changes: neither package.json nor the lock. */
  readonly isUnsaved?: boolean | undefined
  /** Packages whose approved scripts run once more. */
  readonly rebuilds?: ReadonlySet<PackageId> | undefined
  /** Which scripts of the project are run; without it none is. */
  readonly scripts?: OwnScriptsAsked | undefined
  /** Hears what a person should know while it goes on. */
  readonly reporter?: Reporter | undefined
}

/** Package.jsons as they are to be. */
export type ProjectChange = {
  readonly texts: ManifestTexts
  /** Versions of dependencies that were asked for just now. */
  readonly pins?: Pins | undefined
}

/** What it did. */
export type InstallReport = {
  readonly packages: number
  readonly added: readonly InstanceKey[]
  readonly removed: number
  /** Something was made or removed, be it links alone. */
  readonly isChanged: boolean
  readonly fetched: number
  readonly mismatches: readonly PeerMismatch[]
  /** Nothing was done: all of this tells what would be. */
  readonly isDryRun?: true
  /** Nothing but the lock and package.json was written. */
  readonly isLockOnly?: true
  /** What is different in the lock. */
  readonly changes: readonly Change[]
  /** What a person should know beside that. */
  readonly notices: readonly string[]
  readonly tookMs: number
}
