// What the server and the thread that scans tell each other.
import type { ScanNews, Source } from '@stele/scanner'

/** What the thread is started with. */
export type ScanningData = {
  readonly sources: readonly Source[]
  readonly stateFolder: string
  readonly factsFolder: string
}

/** From the thread: news, which wait for their answer. */
export type ScanMessage = { readonly id: number; readonly news: ScanNews }

/** To the thread: what became of news, or that a package is to be read again. */
export type ScanAnswer =
  | { readonly id: number; readonly isTaken: boolean }
  | { readonly again: { readonly scanner: string; readonly spec: string } }
