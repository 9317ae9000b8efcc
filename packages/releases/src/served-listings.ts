// What a registry lists: the search. A package that only the server knows, and no log, shows there if anywhere.
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import type { Outcome, ReleaseFault, Tools } from './checks.ts'
import { isoTime } from './iso-time.ts'
import { maxAnswerBytes, maxSearchFaults, maxSearchPages, searchPageSize } from './limits.ts'
import {
  packageNames,
  packageObject,
  readLiveVersions,
  readOrigin,
  readOwners,
  readTags,
} from './package-state.ts'
import { compareListedTexts } from './served-page.ts'
import { compareStars } from './served-stars.ts'
import { showValue } from './show-value.ts'

const statusOk = 200

/**
 * Reads the search to its end, and compares each package that it lists, and that it lists them all; then what each account is
 * said to have starred. `told` is what describeListed() said of packages. What is not offered at all is not compared.
 */
export async function compareListings(
  { state, fetch }: Tools,
  told: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const listed = new Set<string>()
  const search = await readSearch(fetch, (one) => compareListed(state, one, { told, listed }))
  const unlisted = search.isWhole ? findUnlisted(state, listed) : []
  const stars = await compareStars({ state, fetch })
  return {
    faults: [...search.faults, ...unlisted, ...stars.faults],
    missing: [],
    notCompared: [...search.notCompared, ...stars.notCompared],
  }
}

type Search = {
  readonly faults: readonly ReleaseFault[]
  /** Whether it was read to its last page. */
  readonly isWhole: boolean
  readonly notCompared: readonly string[]
}

/** Reads page after page, up to the last, or until enough is wrong: a hostile search need not end. */
async function readSearch(
  fetch: Tools['fetch'],
  compare: (listed: JsonValue) => readonly ReleaseFault[],
): Promise<Search> {
  const faults: ReleaseFault[] = []
  let count = 0
  for (let page = 0; page < maxSearchPages && faults.length < maxSearchFaults; page++) {
    const from = page * searchPageSize
    const path = `/-/v1/search?text=&size=${searchPageSize}&from=${from}`
    const { status, bytes } = await fetch(path, maxAnswerBytes, 'application/json')
    if (status !== statusOk) break
    const found = objectsOf(bytes)
    if (found === undefined) {
      const facts = { found: 'other bytes', wanted: 'JSON with the packages that were found' }
      faults.push(faultOf('the search', { what: 'its answer', ...facts }))
      return { faults, isWhole: false, notCompared: [] }
    }
    count += found.length
    for (const one of found) faults.push(...compare(one))
    if (found.length < searchPageSize) return { faults, isWhole: true, notCompared: [] }
  }
  const what =
    count === 0 ? 'the search (it is not offered)' : `the search beyond ${count} packages`
  return { faults, isWhole: false, notCompared: [what] }
}

/** Packages that somebody published and the search leaves out. */
function findUnlisted(state: Tools['state'], listed: ReadonlySet<string>): readonly ReleaseFault[] {
  return packageNames(state)
    .filter(
      (name) => !listed.has(name) && !isUnknown(state, name) && readLive(state, name).length > 0,
    )
    .map((name) => {
      const facts = { what: 'the package in the search', found: 'not listed', wanted: 'listed' }
      return faultOf(name, facts, 4)
    })
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

function compareListed(
  state: Tools['state'],
  one: JsonValue,
  { told, listed }: { readonly told: ReadonlyMap<string, string>; readonly listed: Set<string> },
): readonly ReleaseFault[] {
  const shown = isJsonObject(one) ? one['package'] : undefined
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
  const faults: ReleaseFault[] = []
  if (listed.has(name)) {
    faults.push(faultOf(name, { what: 'the search', found: 'listed twice', wanted: 'once' }))
  }
  listed.add(name)
  if (isWithheld(state, `${packageObject(name)}/tags`)) return faults
  const latest = readTags(state, name).get('latest')
  if (version !== latest) {
    const facts = { found: showValue(version), wanted: showValue(latest) }
    faults.push(faultOf(name, { what: 'its version in the search', ...facts }))
  }
  const people = Array.isArray(maintainers) ? maintainers : []
  const names = people.map((one) => showValue(isJsonObject(one) ? one['username'] : one))
  const [is, wanted] = [names, readOwners(state, name)].map((some) =>
    JSON.stringify(some.toSorted()),
  )
  if (is !== wanted) {
    const facts = { found: is ?? '', wanted: wanted ?? '' }
    faults.push(faultOf(name, { what: 'its maintainers in the search', ...facts }))
  }
  const published = state.row(`${packageObject(name)}/versions`, latest ?? '')
  const day = published === undefined ? undefined : isoTime(published.timeMs)
  if (found['date'] !== day) {
    const facts = { found: showValue(found['date']), wanted: showValue(day) }
    faults.push(faultOf(name, { what: 'its date in the search', ...facts }))
  }
  const texts = told.get(name)
  const differences = texts === undefined ? [] : compareListedTexts(found, texts)
  return [...faults, ...differences.map((difference) => faultOf(name, difference))]
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
  weight: 3 | 4 = 3,
): ReleaseFault {
  return { code: 'served_mismatch', weight, details: { name, entry: null, ...difference } }
}
