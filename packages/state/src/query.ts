// What one may ask of the state: a field, or all fields of an object that begin with a prefix.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { keyFault } from './key.ts'
import { maxQueries } from './limits.ts'

/** One question: a field's value hash or its absence; or the complete list of the fields that begin with `prefix`. */
export type StateQuery =
  | { readonly object: string; readonly field: string }
  | { readonly object: string; readonly prefix: string }

/**
 * The queries of a proof request, `{"queries": [{"object", "field"} | {"object", "prefix"}]}`, at most 5,000.
 * Throws request_invalid. Spec: state.md, "Proofs".
 */
export function parseQueries(request: JsonValue): readonly StateQuery[] {
  if (!isJsonObject(request)) throw invalid('the request', 'it is not a JSON object')
  for (const member of Object.keys(request)) {
    if (member !== 'queries') throw invalid('the request', `it has an unknown member "${member}"`)
  }
  const queries = request['queries']
  if (!Array.isArray(queries)) throw invalid('"queries"', 'it is not a list')
  if (queries.length > maxQueries) {
    throw invalid('"queries"', `there are ${queries.length}, the limit is ${maxQueries}`)
  }
  return queries.map((query: JsonValue, index) => parseQuery(query, `"queries[${index}]"`))
}

/** The field or the prefix of a query. */
export function nameOf(query: StateQuery): string {
  return 'field' in query ? query.field : query.prefix
}

/** Throws request_invalid for a query beyond the limits of keys. */
export function checkQuery(query: StateQuery, what: string): void {
  const reason = keyFault(query.object, nameOf(query))
  if (reason !== undefined) throw invalid(what, reason)
}

function parseQuery(json: JsonValue, what: string): StateQuery {
  if (!isJsonObject(json)) throw invalid(what, 'it is not a JSON object')
  const { object, field, prefix } = { object: json['object'], ...nameIn(json, what) }
  if (typeof object !== 'string') throw invalid(what, '"object" is not a string')
  const query = field === undefined ? { object, prefix } : { object, field }
  checkQuery(query, what)
  return query
}

function nameIn(json: { readonly [key: string]: JsonValue }, what: string): Named {
  const { field, prefix } = { field: json['field'], prefix: json['prefix'] }
  for (const member of Object.keys(json)) {
    if (member !== 'object' && member !== 'field' && member !== 'prefix') {
      throw invalid(what, `it has an unknown member "${member}"`)
    }
  }
  if ((field === undefined) === (prefix === undefined)) {
    throw invalid(what, 'it has not one of "field" and "prefix"')
  }
  if (typeof field === 'string') return { field, prefix: '' }
  if (typeof prefix === 'string') return { field: undefined, prefix }
  throw invalid(what, `"${field === undefined ? 'prefix' : 'field'}" is not a string`)
}

type Named = { readonly field: string | undefined; readonly prefix: string }

function invalid(what: string, reason: string): SteleError {
  return new SteleError('request_invalid', { what, reason })
}
