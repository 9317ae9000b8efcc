// A change of a log's settings on its way to the log: a file that is made on one machine, signed on others, and put in force
// where the log is. What is signed is the config entry's body, with the number that it will have.
import {
  type ConfigBody,
  formatBody,
  parseBody,
  type Roots,
  rootPayload,
} from '@stele/entries/bodies'
import { entryKinds } from '@stele/entries/leaf'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { createEd25519Signer } from '@stele/tlog/keys'
import { parseVkey } from '@stele/tlog/notes'

const format = 'stele/proposal/v1'

/** A proposal. */
export type Proposal = {
  /** The body of the config entry, with the signatures so far. */
  readonly body: ConfigBody
  /** The root keys in force when it was made: who has to sign. */
  readonly roots: Roots
  /** What it names and the log does not have yet, as base64, by the hex SHA-512. */
  readonly blobs: { readonly [name: string]: string }
}

/** The file's text. */
export function formatProposal({ body, roots, blobs }: Proposal): string {
  return `${JSON.stringify({ format, body, roots, blobs }, null, 2)}\n`
}

/** Reads a proposal's file; `path` names it in errors. Throws `proposal_invalid`. */
export function parseProposal(text: string, path: string): Proposal {
  const invalid = (reason: string): SteleError =>
    new SteleError('proposal_invalid', { path, reason })
  try {
    const value = parseJson(text, 'it')
    if (!isJsonObject(value) || value['format'] !== format) {
      throw invalid(`it is not a proposal of the format "${format}"`)
    }
    const { body, roots, blobs = {} } = value
    const parsed = parseBody(entryKinds.config, formatBody(body as ConfigBody))
    if (parsed.kind !== entryKinds.config) throw invalid('it changes no settings')
    return {
      body: parsed.body,
      roots: parseRootsOf(roots, invalid),
      blobs: textsOf(blobs, invalid),
    }
  } catch (error) {
    if (!isSteleError(error) || error.code === 'proposal_invalid') throw error
    throw new SteleError('proposal_invalid', { path, reason: error.message }, { cause: error })
  }
}

/** The proposal with one more signature, by the key of this seed. Throws `proposal_refused`. */
export function signProposal(proposal: Proposal, seed: Uint8Array): Proposal {
  const { body, roots } = proposal
  const signer = roots.keys
    .map((vkey) => createEd25519Signer(parseVkey(vkey).name, seed))
    .find(({ vkey }) => roots.keys.includes(vkey))
  if (signer === undefined) {
    const reason = `the key is none of its root keys, which are ${roots.keys.join(', ')}`
    throw new SteleError('proposal_refused', { reason })
  }
  const signature = Buffer.from(signer.sign(rootPayload(body))).toString('base64')
  const others = body.signatures.filter(({ key }) => key !== signer.vkey)
  const signatures = [...others, { key: signer.vkey, signature }]
  return { ...proposal, body: { ...body, signatures } }
}

type Refusal = (reason: string) => SteleError

function parseRootsOf(value: JsonValue | undefined, invalid: Refusal): Roots {
  if (!isJsonObject(value)) throw invalid('it does not say whose keys must sign')
  const { keys, threshold } = value
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === 'string')
  if (!isList || typeof threshold !== 'number') throw invalid('its root keys are not a list')
  return { keys: keys.map(String), threshold }
}

function textsOf(value: JsonValue, invalid: Refusal): { readonly [name: string]: string } {
  if (!isJsonObject(value)) throw invalid('its blobs are not an object')
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      if (typeof text !== 'string') throw invalid(`its blob ${name} is not base64`)
      return [name, text]
    }),
  )
}
