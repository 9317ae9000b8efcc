// What a proposal would change: wishes compared with what is in force.
import { hash } from 'node:crypto'
import { type ConfigBody, type Roots, rootsAccount } from '@stele/entries/bodies'
import { SteleError } from '@stele/errors'
import { canonicalJson, type JsonValue } from '@stele/formats/json'
import type { RulesInForce } from '@stele/service'
import type { Proposal } from './proposal.ts'

/** What shall be changed; what is absent stays. */
export type RulesWish = {
  /** A script's text, where it is not this release's. */
  readonly script?: string
  /** This release's script, and its engine. */
  readonly ofRelease?: readonly ('script' | 'engine')[]
  readonly limits?: { readonly [name: string]: number }
  readonly keys?: readonly string[]
  readonly roots?: Roots
}

/** The proposal that makes the wish true, unsigned. Throws `proposal_refused` where it is true already. */
export function planProposal(inForce: RulesInForce, wish: RulesWish): Proposal {
  const { settings, release } = inForce
  const wanted: Record<string, JsonValue | undefined> = {
    script: wish.script === undefined ? undefined : hash('sha512', wish.script),
    limits: wish.limits && { ...settings.limits, ...wish.limits },
    keys: wish.keys,
    roots: wish.roots && { keys: wish.roots.keys, threshold: wish.roots.threshold },
  }
  for (const name of wish.ofRelease ?? []) wanted[name] = release[name]
  const now: Record<string, JsonValue> = {
    ...settings,
    roots: { keys: settings.roots.keys, threshold: settings.roots.threshold },
  }
  const set = Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined || canonicalJson(value) === canonicalJson(now[name])
        ? []
        : [[name, value]],
    ),
  )
  if (Object.keys(set).length === 0) {
    throw new SteleError('proposal_refused', { reason: 'all that it would set is in force' })
  }
  const { origin, nextSeq: seq } = inForce
  const sender = { account: rootsAccount, seq, via: { type: 'host' } } as const
  const body: ConfigBody = { v: 1, origin, ...sender, set, signatures: [] }
  const blobs =
    wish.script !== undefined && set['script'] !== undefined
      ? { [hash('sha512', wish.script)]: Buffer.from(wish.script).toString('base64') }
      : {}
  return { body, roots: settings.roots, blobs }
}

/** Which settings this release has otherwise than the log. */
export function differsFromRelease({ settings, release }: RulesInForce): ('script' | 'engine')[] {
  return (['script', 'engine'] as const).filter((name) => settings[name] !== release[name])
}
