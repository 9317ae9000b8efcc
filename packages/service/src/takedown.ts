// Takes parts of a log away: by an entry of its own, signed with the root key, that shows for ever what is missing.

import {
  rootPayload,
  rootsAccount,
  type TakedownBody,
  verifyRootSignatures,
  type WithheldPart,
} from '@stele/entries/bodies'
import { settingsInForce } from '@stele/entries/calls'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import {
  type EntryValue,
  type KeptEntry,
  parseEffects,
  parseValues,
  readPart,
} from '@stele/entries/parts'
import { namedValues, namedWrites, type WithheldValues } from '@stele/entries/takedowns'
import { rootsIn } from '@stele/entries/transition'
import { SteleError } from '@stele/errors'
import { parseEngine } from '@stele/host'
import type { Sequencer } from '@stele/log'
import { createEd25519Signer } from '@stele/tlog/keys'
import type { Erasing } from './erasing.ts'
import type { ServicePorts } from './ports.ts'

/** What is taken away, and why; both are public. */
export type Takedown = { readonly withhold: readonly WithheldPart[]; readonly reason: string }

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

/** Makes the signed body from the number that it takes. */
function planTakedown(
  { sequencer, identity, home }: TakedownPorts,
  { withhold: asked, reason }: Takedown,
): (seq: number) => TakedownBody {
  const withhold = [...asked, ...longValues(asked, home.store)]
  for (const part of withhold) refuseAbsent(part, home.store, sequencer.head.size)
  const { origin, seeds } = identity
  if (seeds.root === undefined) throw new SteleError('root_key_missing', { origin })
  const root = createEd25519Signer(`${origin}/root`, seeds.root)
  return (seq) => {
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

/** A takedown is public for ever: it must name what is there. */
function refuseAbsent(
  part: WithheldPart,
  store: ServicePorts['home']['store'],
  size: number,
): void {
  const refuse = (what: string, reason: string): SteleError =>
    new SteleError('takedown_refused', { what, reason })
  if ('blob' in part) {
    if (blobsInForce(store).includes(part.blob))
      throw refuse(`the blob ${part.blob}`, 'the log runs it')
    if (store.blobs.find(part.blob) === undefined) {
      throw refuse(`the blob ${part.blob}`, 'this log holds none of that name')
    }
    return
  }
  const what = `the ${part.part} of entry ${part.entry}`
  if (part.entry === 0) throw refuse(what, 'without the first entry nothing can be verified')
  if (part.entry >= size) throw refuse(what, `the log has the entries 0 to ${size - 1}`)
  const [entry] = store.entries(part.entry, 1)
  if (entry?.[part.part] === null) throw refuse(what, 'it was taken down before')
  if (entry !== undefined && parseLeaf(entry.leaf).kind !== entryKinds.call) {
    throw refuse(what, "it is the log's own, without which what follows cannot be verified")
  }
  if (part.part !== 'values' || entry === undefined) return
  const reason = valuesRefusal(part, entry, store)
  if (reason !== undefined) throw refuse(what, reason)
}

/** Why these values cannot be taken down, undefined where they can. */
function valuesRefusal(
  part: WithheldValues,
  { effects, values }: KeptEntry,
  store: ServicePorts['home']['store'],
): string | undefined {
  if (effects === null) {
    return 'its effects were taken down before, which name the rows that hold them'
  }
  const recorded = values === null ? [] : parseValues(values)
  const absent = part.writes?.find((position) => position >= recorded.length)
  if (absent !== undefined) return `it has ${recorded.length} values, none at position ${absent}`
  const gone = part.writes?.find((position) => isWithheld(recorded[position]))
  if (gone !== undefined) return `the one at position ${gone} was taken down before`
  // The log itself reads them: a key without its number could sign no call any more.
  const { writes } = parseEffects(readPart(effects))
  const own = namedWrites(part, writes).find(
    ({ object, field, valueHash }) =>
      !object.startsWith('/') && hashOf(store.row(object, field)) === valueHash,
  )
  if (own === undefined) return undefined
  return `the one at position ${own.position} is the log's own, which it still uses; name the others`
}

function isWithheld(value: EntryValue | undefined): boolean {
  return value !== undefined && 'withheld' in value
}

function hashOf(row: ReturnType<ServicePorts['home']['store']['row']>): string | undefined {
  return row && Buffer.from(row.hash).toString('hex')
}

/** The blobs that the log runs: its script, its engine, and the engine's parts. */
function blobsInForce(store: ServicePorts['home']['store']): readonly string[] {
  const { script, engine } = settingsInForce(store)
  const blob = store.blobs.read(engine)
  return [script, engine, ...(blob === undefined ? [] : Object.values(parseEngine(blob).parts))]
}
