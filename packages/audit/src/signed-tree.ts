// What the log has signed: its keys, its checkpoint and its head (spec/state.md "Files", "Proofs").
import { keyIdOf } from '@stele/entries/bodies'
import { logRoot } from '@stele/entries/paths'
import { isSteleError, SteleError } from '@stele/errors'
import { clockName, verifyHead } from '@stele/state'
import { cosignedTimeS, verifyCheckpoint } from '@stele/tlog/keys'
import { type NoteVerifier, parseVkey } from '@stele/tlog/notes'
import { parseProofFile } from '@stele/tlog/proofs'
import { maxKeyFileBytes, maxNoteFileBytes } from './limits.ts'
import { type Fetch, fetchOptional, fetchRequired } from './log-files.ts'
import type { SignedRoot } from './tree-audit.ts'

/** What a vkey looks like, right or wrong: name, key id, key. */
const keyShape = /^\S+\+[0-9a-f]+\+\S+$/

/** The keys of a log. `verifiers` are those that its notes are checked with. */
export type LogKeys = {
  readonly origin: string
  /** The log's own key: the user's, or the first that is served. */
  readonly key: NoteVerifier
  readonly verifiers: readonly NoteVerifier[]
}

/** Sizes and roots that the log has signed, the largest last; and when, in milliseconds since 1970. */
export type SignedTree = { readonly roots: readonly SignedRoot[]; readonly clockMs: number }

const keyPath = `${logRoot}key`
const checkpointPath = `${logRoot}checkpoint`
const headPath = `${logRoot}head`
const maxKeys = 32

/**
 * The log's keys, as the service serves them; with `wanted`, a vkey or a fingerprint, that one must be among them and is then
 * the only log key that counts. Throws `server_refused` where there is no log, `vkey_invalid`, `key_not_shown`, `file_mismatch`.
 */
export async function fetchKeys(fetch: Fetch, wanted: string | undefined): Promise<LogKeys> {
  const bytes = await fetchOptional(fetch, keyPath, { maxBytes: maxKeyFileBytes, entry: null })
  if (bytes === undefined) {
    const facts = { url: keyPath, status: 404, message: 'no log is served there' }
    throw new SteleError('server_refused', facts)
  }
  const lines = Buffer.from(bytes)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
  if (lines.length > 0 && !lines.some((line) => keyShape.test(line))) {
    const message = 'what is there is no key of a log, so no Stele log is served there'
    throw new SteleError('server_refused', { url: keyPath, status: 200, message })
  }
  const served = lines.slice(0, maxKeys).map((line) => asFile(keyPath, () => parseVkey(line)))
  const [first] = served
  if (first === undefined)
    throw mismatch(keyPath, { what: 'it', found: 'empty', wanted: 'two keys' })
  const key = wanted === undefined ? first : pick(served, first.name, wanted)
  const clocks = served.filter((verifier) => verifier.name === clockName(key.name))
  const logs = served.filter((verifier) => verifier.name === key.name)
  return {
    origin: key.name,
    key,
    verifiers: [...(wanted === undefined ? logs : [key]), ...clocks],
  }
}

/** The keys with `key` as the only log key that counts; undefined where they are of another log, or it is not among them. */
export function onlyKey(
  keys: LogKeys,
  { origin, key }: { readonly origin: string; readonly key: string },
): LogKeys | undefined {
  const own = keys.verifiers.find(({ name, vkey }) => name === origin && vkey === key)
  if (own === undefined || keys.origin !== origin) return undefined
  return {
    origin,
    key: own,
    verifiers: keys.verifiers.filter((one) => one === own || one.name !== origin),
  }
}

const fingerprint = /^(?:sha-?256[: ]\s*)?([0-9a-f]{64})$/i

/** The key that the user named. A fingerprint is enough: it says which of the log's keys is the right one. */
function pick(served: readonly NoteVerifier[], origin: string, wanted: string): NoteVerifier {
  const digest = fingerprint.exec(wanted.trim())?.[1]?.toLowerCase()
  const given = digest ?? parseVkey(wanted).vkey
  const write = digest === undefined ? ({ vkey }: NoteVerifier) => vkey : fingerprintOf
  const isClock = ({ name }: NoteVerifier): boolean =>
    served.some((other) => name === clockName(other.name))
  const own = served.filter((verifier) => !isClock(verifier))
  const key = own.find((verifier) => write(verifier) === given)
  if (key === undefined) {
    throw new SteleError('key_not_shown', { origin, given, shown: own.map(write) })
  }
  return key
}

/** Hex SHA-256 of the raw key: what people compare. */
export function fingerprintOf({ publicKey }: NoteVerifier): string {
  return keyIdOf(publicKey)
}

/** Fetches checkpoint and head and checks all that is signed in them. Throws `file_mismatch`. */
export async function fetchSignedTree(fetch: Fetch, keys: LogKeys): Promise<SignedTree> {
  // In this order: while the log grows, the head is the newer one.
  const checkpoint = readCheckpoint(await fetchNote(fetch, checkpointPath), keys)
  const head = readHead(await fetchNote(fetch, headPath), keys)
  return {
    roots: [checkpoint.root, head.root].toSorted((a, b) => a.size - b.size),
    clockMs: Math.max(checkpoint.clockS, head.clockS) * 1000,
  }
}

type Signed = { readonly root: SignedRoot; readonly clockS: number }

function readCheckpoint(text: string, { verifiers, origin }: LogKeys): Signed {
  const path = checkpointPath
  const { checkpoint, verified } = asFile(path, () => verifyCheckpoint(text, verifiers, origin))
  const clockS = cosignedTimeS(verified, clockName(origin))
  if (clockS === null) {
    throw mismatch(path, { what: "its clock's signature", found: 'none', wanted: 'one' })
  }
  return { root: rootOf(path, checkpoint, text), clockS }
}

function readHead(text: string, { verifiers, origin }: LogKeys): Signed {
  const { checkpoint, clockS } = asFile(headPath, () => verifyHead(text, verifiers, origin))
  const note = parseProofFile(text).checkpoint
  return { root: rootOf(headPath, checkpoint, note), clockS }
}

function rootOf(
  path: string,
  { size, root }: Pick<SignedRoot, 'size' | 'root'>,
  note: string,
): SignedRoot {
  if (size > 0) return { path, size, root, note }
  throw mismatch(path, { what: 'its size', found: '0', wanted: 'at least the genesis entry' })
}

async function fetchNote(fetch: Fetch, path: string): Promise<string> {
  const bytes = await fetchRequired(fetch, path, { maxBytes: maxNoteFileBytes, entry: null })
  return Buffer.from(bytes).toString()
}

/** Runs a check of a file's content; what it refuses is a finding about that file. */
function asFile<T>(path: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!isSteleError(error)) throw error
    const facts = { what: 'its content', found: error.message, wanted: 'what the log signs' }
    throw mismatch(path, facts, error)
  }
}

function mismatch(
  path: string,
  facts: { readonly what: string; readonly found: string; readonly wanted: string },
  cause?: unknown,
): SteleError {
  return new SteleError('file_mismatch', { path, entry: null, ...facts }, { cause })
}
