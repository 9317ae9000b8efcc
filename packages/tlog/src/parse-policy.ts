// Reads the text of a policy, line by line (C2SP tlog-policy, a draft). What it means is in policy.ts.
import { isSteleError, SteleError } from '@stele/errors'
import { parseDecimal } from './canonical-text.ts'
import { isSameHash } from './hash.ts'
import { isCosignerKey, isLogKey, type NoteVerifier } from './key.ts'
import { maxPolicyBytes, maxPolicyItems } from './limits.ts'
import type { Policy, PolicyGroup, PolicyLog, PolicyWitness } from './policy.ts'
import { parseVkey } from './vkey.ts'

/** What the lines so far have said. `quorum` is undefined until its line. */
type Draft = {
  readonly logs: PolicyLog[]
  readonly witnesses: PolicyWitness[]
  readonly groups: PolicyGroup[]
  readonly names: Set<string>
  readonly grouped: Set<string>
  quorum: string | null | undefined
}

/** What is wrong with a line; `parsePolicy` adds which line it is. */
type Fault = { readonly fault: string; readonly cause?: unknown }

const none = 'none'
const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f]/
const space = /[ \t]+/

/**
 * The policy of this text. Throws `policy_invalid`, which names the line (0: the text as a whole).
 * C2SP tlog-policy.
 */
export function parsePolicy(text: string): Policy {
  if (text.length > maxPolicyBytes || Buffer.byteLength(text) > maxPolicyBytes) {
    throw invalid(0, { fault: `is over ${maxPolicyBytes} bytes` })
  }
  const draft: Draft = {
    logs: [],
    witnesses: [],
    groups: [],
    names: new Set(),
    grouped: new Set(),
    quorum: undefined,
  }
  for (const [i, line] of text.split('\n').entries()) {
    const fault = readLine(draft, line)
    if (fault !== undefined) throw invalid(i + 1, fault)
  }
  const { logs, witnesses, groups, quorum } = draft
  if (quorum === undefined) throw invalid(0, { fault: 'has no line "quorum <name>"' })
  return { logs, witnesses, groups, quorum }
}

function readLine(draft: Draft, line: string): Fault | undefined {
  if (forbidden.test(line)) return { fault: 'has a control character' }
  if (!line.isWellFormed()) return { fault: 'is not UTF-8' }
  const [keyword = '', ...items] = line.split(space).filter((item) => item !== '')
  if (keyword === '' || keyword.startsWith('#')) return undefined
  switch (keyword) {
    case 'log':
      return readLog(draft, items)
    case 'witness':
      return readWitness(draft, items)
    case 'group':
      return readGroup(draft, items)
    case 'quorum':
      return readQuorum(draft, items)
    default:
      return { fault: `begins with "${keyword}", not log, witness, group or quorum` }
  }
}

function readLog(draft: Draft, items: readonly string[]): Fault | undefined {
  const [vkey, url, more] = items
  if (vkey === undefined || more !== undefined) return { fault: 'is not "log <vkey> [<url>]"' }
  const key = readKey(vkey)
  if ('fault' in key) return key
  if (!isLogKey(key)) return { fault: 'gives a log the key of a cosigner' }
  if (hasKey(draft.logs, key)) return { fault: 'gives a second log the same key' }
  if (draft.logs.length === maxPolicyItems) return { fault: `is over ${maxPolicyItems} logs` }
  draft.logs.push(url === undefined ? { key } : { key, url })
  return undefined
}

function readWitness(draft: Draft, items: readonly string[]): Fault | undefined {
  const [name, vkey, url, more] = items
  if (name === undefined || vkey === undefined || more !== undefined) {
    return { fault: 'is not "witness <name> <vkey> [<url>]"' }
  }
  const key = readKey(vkey)
  if ('fault' in key) return key
  if (!isCosignerKey(key)) return { fault: 'gives a witness a key that cannot cosign' }
  if (hasKey(draft.witnesses, key)) return { fault: 'gives a second witness the same key' }
  if (draft.witnesses.length === maxPolicyItems) {
    return { fault: `is over ${maxPolicyItems} witnesses` }
  }
  draft.witnesses.push(url === undefined ? { name, key } : { name, key, url })
  return define(draft, name)
}

function readGroup(draft: Draft, items: readonly string[]): Fault | undefined {
  const [name, rule, ...members] = items
  if (name === undefined || rule === undefined || members.length === 0) {
    return { fault: 'is not "group <name> all|any|<number> <member>…"' }
  }
  for (const member of members) {
    if (!draft.names.has(member))
      return { fault: `has the member "${member}" before its definition` }
    if (draft.grouped.has(member)) return { fault: `has the member "${member}" a second time` }
    draft.grouped.add(member)
  }
  const threshold = readThreshold(rule, members.length)
  if (threshold === undefined) {
    return { fault: `asks for "${rule}", not all, any or a number from 1 to ${members.length}` }
  }
  if (draft.groups.length === maxPolicyItems) return { fault: `is over ${maxPolicyItems} groups` }
  draft.groups.push({ name, threshold, members })
  return define(draft, name)
}

function readQuorum(draft: Draft, items: readonly string[]): Fault | undefined {
  const [name, more] = items
  if (name === undefined || more !== undefined) return { fault: 'is not "quorum <name>"' }
  if (draft.quorum !== undefined) return { fault: 'is a second quorum' }
  if (name !== none && !draft.names.has(name)) {
    return { fault: `names "${name}" before its definition` }
  }
  draft.quorum = name === none ? null : name
  return undefined
}

/** Witnesses and groups share one name space, in which `none` is taken. */
function define(draft: Draft, name: string): Fault | undefined {
  if (name === none) return { fault: `defines "${none}", which has a meaning of its own` }
  if (draft.names.has(name)) return { fault: `defines "${name}" a second time` }
  draft.names.add(name)
  return undefined
}

function readThreshold(rule: string, memberCount: number): number | undefined {
  if (rule === 'all') return memberCount
  if (rule === 'any') return 1
  const threshold = parseDecimal(rule) ?? 0
  return threshold >= 1 && threshold <= memberCount ? threshold : undefined
}

function readKey(vkey: string): NoteVerifier | Fault {
  try {
    return parseVkey(vkey)
  } catch (cause) {
    if (!isSteleError(cause, 'vkey_invalid')) throw cause
    return { fault: `has the key "${vkey}", but ${cause.details.reason}`, cause }
  }
}

/** Whether one of these has the same public key, under whatever name and type. */
function hasKey(items: readonly { readonly key: NoteVerifier }[], key: NoteVerifier): boolean {
  return items.some((item) => isSameHash(item.key.publicKey, key.publicKey))
}

function invalid(line: number, { fault, cause }: Fault): SteleError {
  const options = cause === undefined ? {} : { cause }
  return new SteleError('policy_invalid', { line, reason: fault }, options)
}
