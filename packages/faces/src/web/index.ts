// The pages for people, at addresses that npm uses too: whose browser asks gets HTML.
import type { FaceDefinition } from '@stele/http/routes'
import { noSettings } from '@stele/settings'
import { conflictRoutes } from './conflicts.ts'
import { homeRoutes } from './home.ts'
import type { WebPorts } from './ports.ts'

export type { WebPorts } from './ports.ts'

/** The pages at `/` and `/-/stele/conflicts`. */
export const webFace: FaceDefinition<WebPorts> = {
  settings: noSettings,
  open: (ports) => ({ routes: [...homeRoutes(ports), ...conflictRoutes(ports)] }),
}
