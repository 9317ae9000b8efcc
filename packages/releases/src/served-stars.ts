// What each account is said to have starred, against the stars in the state.
import { isSteleError } from '@stele/errors'
import { isJsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import type { Outcome, ReleaseFault, Tools } from './checks.ts'
import { maxAnswerBytes, maxStarLists } from './limits.ts'
import { packageNames, readStars } from './package-state.ts'
import { showValue } from './show-value.ts'

const statusOk = 200

/** The lists of all accounts that have starred anything, up to a limit. A registry without such lists passes. */
export async function compareStars({
  state,
  fetch,
}: Pick<Tools, 'state' | 'fetch'>): Promise<Required<Pick<Outcome, 'faults' | 'notCompared'>>> {
  const starred = starsByAccount(state)
  const faults: ReleaseFault[] = []
  const notCompared = ['lists of stars of accounts that have none']
  if (starred.size > maxStarLists)
    notCompared.push(`the stars of ${starred.size - maxStarLists} accounts`)
  for (const [account, names] of [...starred].slice(0, maxStarLists)) {
    const key = encodeURIComponent(JSON.stringify(account))
    const path = `/-/_view/starredByUser?key=${key}`
    const { status, bytes } = await fetch(path, maxAnswerBytes, 'application/json')
    if (status !== statusOk) return { faults, notCompared: ['what accounts have starred'] }
    const found = namesOf(bytes)
    const [is, wanted] = [found ?? [], names].map((some) => JSON.stringify(some.toSorted()))
    if (found !== undefined && is === wanted) continue
    const shown = found === undefined ? 'other bytes' : showValue(found)
    const facts = { what: `the stars of "${account}"`, found: shown, wanted: showValue(names) }
    const details = { name: 'the list', entry: null, ...facts }
    faults.push({ code: 'served_mismatch', weight: 3, details })
  }
  return { faults, notCompared }
}

function starsByAccount(state: Tools['state']): ReadonlyMap<string, string[]> {
  const starred = new Map<string, string[]>()
  for (const name of packageNames(state)) {
    for (const account of readStars(state, name)) {
      const names = starred.get(account)
      if (names === undefined) starred.set(account, [name])
      else names.push(name)
    }
  }
  return starred
}

function namesOf(bytes: Uint8Array): string[] | undefined {
  try {
    const answer = parseJson(Buffer.from(bytes).toString(), 'the answer')
    const rows = isJsonObject(answer) ? answer['rows'] : undefined
    return Array.isArray(rows) ? rows.map(nameOf) : undefined
  } catch (error) {
    if (isSteleError(error)) return undefined
    throw error
  }
}

function nameOf(row: JsonValue): string {
  return showValue(isJsonObject(row) ? row['value'] : row)
}
