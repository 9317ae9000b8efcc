// What users do with npm, and what they must see. The rows are played in this order in one world.
import { accounts } from './accounts.ts'
import { absent, changing } from './changing.ts'
import { publishing } from './publishing.ts'
import { installing, searching, viewing } from './reading.ts'
import { removing } from './removing.ts'
import type { Row } from './row.ts'
import { leaving, tokens } from './tokens.ts'

/** The whole story. */
export const story: readonly Row[] = [
  accounts,
  publishing,
  viewing,
  installing,
  changing,
  searching,
  tokens,
  absent,
  removing,
  leaving,
].flat()
