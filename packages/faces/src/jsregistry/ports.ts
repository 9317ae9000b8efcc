// What the JS Registry face needs of the server.
import type { NpmPorts } from '../npm/index.ts'

/** Reads and publishes of the registry, the log's blobs, and who asks. */
export type JsRegistryPorts = Pick<NpmPorts, 'registry' | 'accounts' | 'log'>
