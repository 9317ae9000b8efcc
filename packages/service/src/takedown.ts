// Takes parts of a log away: by an entry of its own, signed with the root key, that shows for ever what is missing.

import {
  rootPayload,
  rootsAccount,
  type TakedownBody,
  verifyRootSignatures,
  type WithheldPart,
} from '@stele/entries/bodies'
import { parseValues } from '@stele/entries/parts'
import { namedValues } from '@stele/entries/takedowns'
import { rootsIn } from '@stele/entries/transition'
import { SteleError } from '@stele/errors'
import type { Sequencer } from '@stele/log'
import { createEd25519Signer } from '@stele/tlog/keys'
import type { Erasing } from './erasing.ts'
import type { ServicePorts } from './ports.ts'
import { refuseParts, refuseRewritten } from './refused-parts.ts'

/** What is taken away, and why; both are public. */
export type Takedown = {
  readonly withhold: readonly WithheldPart[]
  readonly reason: string
  /** The size of the log that told the asker what nobody needs any more; without it, the size when the service is asked. */
  readonly asOf?: number
}

/** The entry that says so; and, where something is not gone from the disk yet, why. */
export type TakenDown = { readonly index: number; readonly left?: string }

type TakedownPorts = Pick<ServicePorts, 'identity' | 'home'> & { readonly sequencer: Sequencer }

/**
 * Submits the entry. Throws `takedown_refused` for what is not there, `root_key_missing`, and `call_unauthorized` where
 * that key is not enough.
 */
export async function takeDown(
  ports: TakedownPorts & { readonly erasing: Erasing },
  takedown: Takedown,
): Promise<TakenDown> {
  const { index } = await ports.sequencer.submitSigned(planTakedown(ports, takedown))
  const left = ports.erasing.erase()
  return left === undefined ? { index } : { index, left }
}

/** Throws what `takeDown` would throw, for whoever has to do something else before it. Nothing is logged. */
export function checkTakedown(ports: TakedownPorts, takedown: Takedown): void {
  const { store } = ports.home
  const body = planTakedown(ports, takedown)(store.lastSequence(rootsAccount) + 1)
  verifyRootSignatures(body, rootsIn(store))
}

/**
 * Makes the signed body from the number that it takes: when its turn has come, since what was true when it was asked need not
 * be true any more.
 */
function planTakedown(
  { sequencer, identity, home: { store } }: TakedownPorts,
  { withhold: asked, reason, asOf: since = sequencer.head.size }: Takedown,
): (seq: number) => TakedownBody {
  const withhold = [...asked, ...longValues(asked, store)]
  refuseParts(withhold, { store, size: sequencer.head.size })
  const { origin, seeds } = identity
  if (seeds.root === undefined) throw new SteleError('root_key_missing', { origin })
  const root = createEd25519Signer(`${origin}/root`, seeds.root)
  return (seq) => {
    const log = { store, size: sequencer.head.size }
    refuseParts(withhold, log)
    refuseRewritten(withhold, { ...log, since })
    const sender = { v: 1, origin, account: rootsAccount, seq, via: { type: 'host' } } as const
    const unsigned: TakedownBody = { ...sender, withhold, reason, signatures: [] }
    const signature = Buffer.from(root.sign(rootPayload(unsigned))).toString('base64')
    return { ...unsigned, signatures: [{ key: root.vkey, signature }] }
  }
}

/** The blobs that hold what is too long to stand in the value records, of the values that are named. */
function longValues(
  asked: readonly WithheldPart[],
  store: ServicePorts['home']['store'],
): readonly WithheldPart[] {
  const isAsked = (blob: string): boolean =>
    asked.some((part) => 'blob' in part && part.blob === blob)
  const found = asked.flatMap((part) => {
    if ('blob' in part || part.part !== 'values') return []
    const [entry] = store.entries(part.entry, 1)
    const values = entry?.values ?? null
    return values === null ? [] : namedValues(part, parseValues(values))
  })
  const names = new Set(found.flatMap((value) => ('blob' in value ? [value.blob] : [])))
  return [...names].filter((blob) => !isAsked(blob)).map((blob) => ({ blob }))
}
