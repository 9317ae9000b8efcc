// The face of the log: its files as a static server would give them, and proofs of its state.
import type { FaceDefinition } from '@stele/http/routes'
import { noSettings } from '@stele/settings'
import { filesRoutes } from './files.ts'
import type { LogPorts } from './ports.ts'
import { proofRoutes } from './proof.ts'

export type { LogReads, StoredFile } from '../log-reads.ts'
export type { LogPorts } from './ports.ts'

/** The log below `/-/log/`, and proofs. */
export const logFace: FaceDefinition<LogPorts> = {
  settings: noSettings,
  open: (ports) => ({ routes: [...filesRoutes(ports), ...proofRoutes(ports)] }),
}
