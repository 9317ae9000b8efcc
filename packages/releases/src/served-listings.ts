// What a registry lists: the search. A package that only the server knows, and no log, shows there if anywhere.
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { maxAnswerBytes, maxSearchPages, searchPageSize } from './limits.ts'
import {
  packageObject,
  readLiveVersions,
  readOrigin,
  readOwners,
  readTags,
} from './package-state.ts'
import type { Outcome, ReleaseFault, Tools } from './registry-checks.ts'
import { showValue } from './show-value.ts'

const statusOk = 200

/** Reads the search to its end, and compares each package that it lists. A registry without a search passes. */
export async function compareListings({ state, fetch }: Tools): Promise<Outcome> {
  const faults: ReleaseFault[] = []
  for (let page = 0; page < maxSearchPages; page++) {
    const from = page * searchPageSize
    const path = `/-/v1/search?text=&size=${searchPageSize}&from=${from}`
    const { status, bytes } = await fetch(path, maxAnswerBytes, 'application/json')
    if (status !== statusOk) break
    const objects = objectsOf(bytes)
    if (objects === undefined) {
      const facts = { found: 'other bytes', wanted: 'JSON with the packages that were found' }
      faults.push(faultOf('the search', { what: 'its answer', ...facts }))
      break
    }
    for (const listed of objects) faults.push(...compareListed(state, listed))
    if (objects.length < searchPageSize) break
  }
  return { faults, missing: [] }
}

function objectsOf(bytes: Uint8Array): readonly JsonValue[] | undefined {
  try {
    const answer = parseJson(Buffer.from(bytes).toString(), 'the answer')
    const objects = isJsonObject(answer) ? answer['objects'] : undefined
    return Array.isArray(objects) ? objects : undefined
  } catch (error) {
    if (isSteleError(error)) return undefined
    throw error
  }
}

function compareListed(state: Tools['state'], listed: JsonValue): readonly ReleaseFault[] {
  const shown = isJsonObject(listed) ? listed['package'] : undefined
  const found: JsonObject = isJsonObject(shown) ? shown : {}
  const { name, version, maintainers } = found
  if (typeof name === 'string' && isUnknown(state, name)) return []
  if (typeof name !== 'string' || readLive(state, name).length === 0) {
    const facts = { found: showValue(name), wanted: 'packages of the log alone' }
    return [
      faultOf(typeof name === 'string' ? name : 'the search', {
        what: 'what the search lists',
        ...facts,
      }),
    ]
  }
  if (isWithheld(state, `${packageObject(name)}/tags`)) return []
  const faults: ReleaseFault[] = []
  const latest = readTags(state, name).get('latest')
  if (version !== latest) {
    const facts = { found: showValue(version), wanted: showValue(latest) }
    faults.push(faultOf(name, { what: 'its version in the search', ...facts }))
  }
  const people = Array.isArray(maintainers) ? maintainers : []
  const listedNames = people.map((one) => showValue(isJsonObject(one) ? one['username'] : one))
  const [is, wanted] = [listedNames, readOwners(state, name)].map((names) =>
    JSON.stringify(names.toSorted()),
  )
  if (is !== wanted) {
    const facts = { found: is ?? '', wanted: wanted ?? '' }
    faults.push(faultOf(name, { what: 'its maintainers in the search', ...facts }))
  }
  return faults
}

/** Whether nobody can tell if it is there: then it cannot be compared as a whole, and its own check says so. */
function isUnknown(state: Tools['state'], name: string): boolean {
  try {
    const object = packageObject(name)
    return [object, `${object}/notices`].some((one) => isWithheld(state, one))
  } catch (error) {
    if (isSteleError(error)) return false // A name that the state cannot hold.
    throw error
  }
}

/** Whether a value of the object is withheld. */
function isWithheld(state: Tools['state'], object: string): boolean {
  return [...state.rows(object)].some(({ value }) => value === undefined)
}

function readLive(state: Tools['state'], name: string): readonly string[] {
  try {
    return readOrigin(state, name) === 'hosted' ? readLiveVersions(state, name) : []
  } catch (error) {
    if (isSteleError(error)) return [] // A name that the state cannot hold.
    throw error
  }
}

function faultOf(
  name: string,
  difference: { readonly what: string; readonly found: string; readonly wanted: string },
): ReleaseFault {
  return { code: 'served_mismatch', weight: 3, details: { name, entry: null, ...difference } }
}
