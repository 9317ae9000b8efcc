// stele rules show | update | propose | sign <file> | apply <file>
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatBody, parseBody } from '@stele/entries/bodies'
import { entryKinds } from '@stele/entries/leaf'
import { isSteleError, SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import type { RulesInForce } from '@stele/service'
import { dataPaths, readKeyFile } from '@stele/storage/folder'
import { differsFromRelease, planProposal, type RulesWish } from '../rules/changes.ts'
import { formatProposal, type Proposal, parseProposal, signProposal } from '../rules/proposal.ts'
import { type RulesReport, viewRules } from '../rules/view.ts'
import { askServer, folderSettings, serverOptions } from '../server/with-server.ts'
import { readUserFile } from '../user-file.ts'
import { type Command, type Input, usageError } from './command.ts'

const usageWrong = usageError('rules')

const defaultFile = 'rules-proposal.json'

/** Shows what a log runs, and changes it with the root key. */
export const rules: Command<RulesReport> = {
  usage: {
    name: 'rules',
    summary: 'Show the rules that the log runs, or change them with the root key',
    arguments: 'show | update | propose | sign <file> | apply <file>',
    options: {
      ...serverOptions,
      script: { type: 'string', value: 'file', summary: 'propose: rules of your own' },
      limits: { type: 'string', value: 'name=number,…', summary: 'propose: limits of a call' },
      keys: { type: 'string', value: 'vkey,…', summary: 'propose: the keys that sign the log' },
      'root-keys': { type: 'string', value: 'vkey,…', summary: 'propose: the root keys' },
      threshold: {
        type: 'string',
        value: 'number',
        summary: 'propose: how many of them must sign',
      },
      out: { type: 'string', value: 'file', summary: `propose: where to (default ${defaultFile})` },
      with: { type: 'string', value: 'file', summary: 'sign: the key (default keys/root.key)' },
    },
    notes: [
      'update puts the rules and the engine of this release in force, signed with keys/root.key of the data folder.',
      'Where that key lies elsewhere: "propose" writes a file, "sign" signs it on any machine, "apply" puts it in',
      'force. "propose" without options proposes the rules and the engine of this release.',
      'A change is an entry of the log, and in force from the next one; everybody who verifies sees it.',
    ],
  },
  run: async (input) => {
    const [what, file, ...rest] = input.positionals
    if (rest.length > 0) throw usageWrong(`Too many arguments: ${rest.join(' ')}`)
    if (what === 'sign' || what === 'apply') {
      if (file === undefined) throw usageWrong(`Say which file to ${what}`)
      return what === 'sign' ? sign(input, file) : apply(input, file)
    }
    if (file !== undefined) throw usageWrong(`Too many arguments: ${file}`)
    if (what === 'show') return show(input)
    if (what === 'update') return update(input)
    if (what === 'propose') return propose(input)
    throw usageWrong('Say what to do: show, update, propose, sign or apply')
  },
  view: viewRules,
}

async function show(input: Input): Promise<RulesReport> {
  const found = await readRules(input)
  return { did: 'show', rules: found, differs: differsFromRelease(found) }
}

async function update(input: Input): Promise<RulesReport> {
  const found = await readRules(input)
  const ofRelease = differsFromRelease(found)
  if (ofRelease.length === 0) return { did: 'nothing' }
  const proposal = signProposal(planProposal(found, { ofRelease }), rootSeed(input))
  return { did: 'update', ...(await submit(input, proposal)) }
}

async function propose(input: Input): Promise<RulesReport> {
  const file = text(input, 'out') ?? defaultFile
  if (existsSync(file)) {
    const reason = 'the file is there already; remove it, or name another one with --out'
    throw new SteleError('proposal_invalid', { path: file, reason })
  }
  const found = await readRules(input)
  const wish = wishOf(input, found)
  await checkWish(wish)
  if (wish.ofRelease?.length === 0) return { did: 'nothing' }
  const proposal = planProposal(found, wish)
  writeFileSync(file, formatProposal(proposal), { flag: 'wx' })
  return { did: 'propose', file, ...factsOf(proposal) }
}

function sign(input: Input, file: string): RulesReport {
  const proposal = parseProposal(readUserFile(file), file)
  const signed = signProposal(proposal, rootSeed(input))
  writeFileSync(file, formatProposal(signed))
  return { did: 'sign', file, ...factsOf(signed) }
}

async function apply(input: Input, file: string): Promise<RulesReport> {
  return { did: 'apply', ...(await submit(input, parseProposal(readUserFile(file), file))) }
}

async function submit(
  input: Input,
  { body, blobs }: Proposal,
): Promise<{ entry: number; set: Proposal['body']['set'] }> {
  const answer = await askServer(input, { do: 'apply_rules', body: formatBody(body), blobs })
  return { entry: isJsonObject(answer) ? Number(answer['index']) : 0, set: body.set }
}

function factsOf({ body, roots }: Proposal) {
  const { seq, set, signatures } = body
  return { seq, set, signed: signatures.length, threshold: roots.threshold }
}

async function readRules(input: Input): Promise<RulesInForce> {
  return rulesOf(await askServer(input, { do: 'read_rules' }))
}

/** A running server may be of another release: what it says is read as what this one knows. */
function rulesOf(answer: JsonValue): RulesInForce {
  const found = answer as unknown as RulesInForce
  const { limits, roots, keys, script, engine } = found.settings
  parseBody(
    entryKinds.genesis,
    formatBody({ v: 1, origin: found.origin, operator: '', script, engine, limits, keys, roots }),
  )
  return found
}

/** What "apply" would refuse is told now: in between, people would sign it for nothing. */
async function checkWish({ limits, keys, roots }: RulesWish): Promise<void> {
  const { parseVkey } = await import('@stele/tlog/notes')
  for (const [option, vkeys] of [
    ['--keys', keys],
    ['--root-keys', roots?.keys],
  ] as const) {
    const bad = vkeys?.find((vkey) => !isVkey(vkey, parseVkey))
    if (bad === undefined) continue
    throw usageWrong(
      `${option} "${bad}": is not a key; "stele rules show" shows what one looks like`,
    )
  }
  if (limits === undefined) return
  const { defaultLimits, parseLimits: checkLimits } = await import('@stele/host')
  try {
    checkLimits(limits)
  } catch (error) {
    if (!isSteleError(error, 'limits_invalid')) throw error
    const known = Object.keys(defaultLimits).join(', ')
    throw usageWrong(`--limits: ${error.details.reason}; there are ${known}`)
  }
}

function isVkey(text: string, parse: (text: string) => unknown): boolean {
  try {
    parse(text)
    return true
  } catch (error) {
    if (isSteleError(error)) return false
    throw error
  }
}

/** The key of `--with`, else of the data folder. */
function rootSeed(input: Input): Uint8Array {
  const path = text(input, 'with')
  return readKeyFile(path ?? join(dataPaths(folderSettings(input).dir).keys, 'root.key'))
}

function wishOf(input: Input, found: RulesInForce): RulesWish {
  const path = text(input, 'script')
  const limits = text(input, 'limits')
  const keys = names(input, 'keys')
  const roots = rootsOf(input, found)
  const wish = {
    ...(path === undefined ? {} : { script: readUserFile(path) }),
    ...(limits === undefined ? {} : { limits: parseLimits(limits) }),
    ...(keys === undefined ? {} : { keys }),
    ...(roots === undefined ? {} : { roots }),
  }
  return Object.keys(wish).length > 0 ? wish : { ofRelease: differsFromRelease(found) }
}

function rootsOf(input: Input, { settings }: RulesInForce): RulesWish['roots'] {
  const [keys, threshold] = [names(input, 'root-keys'), text(input, 'threshold')]
  if (keys === undefined && threshold === undefined) return undefined
  const count = threshold === undefined ? settings.roots.threshold : Number(threshold)
  const of = keys ?? settings.roots.keys
  if (Number.isSafeInteger(count) && count >= 1 && count <= of.length)
    return { keys: of, threshold: count }
  throw usageWrong(
    `--threshold "${threshold ?? count}": must be a number from 1 to ${of.length}, the number of root keys`,
  )
}

function parseLimits(list: string): { [name: string]: number } {
  return Object.fromEntries(
    list.split(',').map((pair) => {
      const [, name, count] = /^([a-zA-Z]+)=(\d{1,15})$/.exec(pair) ?? []
      if (name !== undefined) return [name, Number(count)]
      throw usageWrong(`--limits "${pair}": must look like gas=10000`)
    }),
  )
}

function names(input: Input, option: string): readonly string[] | undefined {
  const list = text(input, option)?.split(',')
  if (list?.includes('') !== true) return list
  throw usageWrong(`--${option} needs one or more, with commas between and nothing empty`)
}

function text({ options }: Input, name: string): string | undefined {
  const value = options[name]
  if (value === '') throw usageWrong(`--${name} needs a value: --${name}=<value>`)
  return typeof value === 'string' ? value : undefined
}
