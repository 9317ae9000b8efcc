// Members of documents that others wrote: what is not as expected is as if it were not there.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'

export function objectIn(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {}
}

export function textIn(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Each member that is an object, by key. */
export function objectsIn(
  value: JsonValue | undefined,
): readonly (readonly [string, JsonObject])[] {
  return Object.entries(objectIn(value)).flatMap(([key, each]) =>
    each !== undefined && isJsonObject(each) ? [[key, each] as const] : [],
  )
}
