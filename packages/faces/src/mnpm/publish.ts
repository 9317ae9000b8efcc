// PUT of a module: the same publish as npm's, from a tarball and what the sender says of it.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import { parsePackageName, parseVersion } from '@stele/formats/names'
import { type Ask, type Draft, jsonDraft, type Route, textMember } from '@stele/http/routes'
import { maxModuleBytes } from '../limits.ts'
import { type Dependency, dependencyList, firstDifference } from './dependencies.ts'
import type { MnpmPorts } from './ports.ts'

type Ports = Pick<MnpmPorts, 'registry'>

/** `needWriter` gives the account that publishes. */
export function publishRoutes(
  root: string,
  ports: Ports,
  needWriter: (ask: Ask) => Promise<string>,
): Route[] {
  return [
    {
      method: 'PUT',
      path: `${root}/module`,
      answer: async (ask) => putModule(ask, await needWriter(ask), ports),
    },
  ]
}

async function putModule(ask: Ask, account: string, { registry }: Ports): Promise<Draft> {
  // Text that repeats packs well: with a content coding a sender would pay for little of what is read here.
  const body = await ask.object({ bytes: maxModuleBytes, uncoded: true })
  const name = parsePackageName(neededText(body, 'name'))
  const version = parseVersion(neededText(body, 'version'))
  const spec = `${name}@${version}`
  const sent = sentDependencies(body['dependencies'])
  const tarball = decodeTarball(spec, neededText(body, 'tarball'))
  const check = (packed: Readonly<Record<string, string>>): void => {
    checkDependencies(spec, sent, dependencyList(packed))
  }
  const put = await registry.putTarball({
    account,
    client: ask.client,
    name,
    version,
    tarball,
    check,
  })
  // npm's clients may repeat a publish whose answer was lost; here an existing version is always an error.
  if (put.isRepeat) throw new SteleError('version_exists', { spec })
  ask.notes['published'] = put.spec
  return jsonDraft(201, { ok: true, name, version, entry: put.entry })
}

function neededText(body: JsonObject, member: string): string {
  const text = textMember(body, member)
  if (text !== undefined && text !== '') return text
  throw new SteleError('request_invalid', {
    what: 'the request body',
    reason: `it has no "${member}"`,
  })
}

/** `[{name, version}, …]`; absent is none. */
function sentDependencies(list: JsonValue | undefined): readonly Dependency[] {
  const what = '"dependencies" of the request body'
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) {
    throw new SteleError('request_invalid', { what, reason: 'it is not a list' })
  }
  return list.map((item: JsonValue, at) => {
    const { name, version } = isJsonObject(item) ? item : {}
    if (typeof name === 'string' && typeof version === 'string') return { name, version }
    const reason = `member ${at} is not {"name": …, "version": …}`
    throw new SteleError('request_invalid', { what, reason })
  })
}

function decodeTarball(spec: string, data: string): Uint8Array {
  const bytes = Buffer.from(data, 'base64')
  // Decoding is lenient, encoding has one answer: whoever gets the same text back wrote strict base64.
  if (bytes.toString('base64') === data) return bytes
  throw new SteleError('upload_invalid', { spec, reason: 'its tarball is not strict base64' })
}

/** What the sender says must be what the tarball says: nobody may be shown one thing and get another. */
function checkDependencies(
  spec: string,
  sent: readonly Dependency[],
  packed: readonly Dependency[],
): void {
  const reason = firstDifference(sent, packed)
  if (reason !== undefined) throw new SteleError('upload_invalid', { spec, reason })
}
