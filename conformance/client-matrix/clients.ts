// The clients of the matrix. One more client is one more row.
import { bun } from './bun.ts'
import type { Client } from './client.ts'
import { npms } from './npm.ts'
import { pnpms } from './pnpm.ts'
import { yarns } from './yarn.ts'

export const clients: readonly Client[] = [...npms, ...pnpms, ...yarns, bun]
