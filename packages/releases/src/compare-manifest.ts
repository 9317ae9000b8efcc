// A version as it is served, against what its tarball gives: every member, so that nothing is said which nobody published.
import { isJsonObject, type JsonObject, type JsonValue } from '@stele/formats/json'
import type { Difference } from './check-release.ts'
import { isSame } from './compare.ts'
import { showValue } from './show-value.ts'
import type { Form, VersionPieces } from './version-pieces.ts'

/** Members that the log or the request decides, not the tarball: they are compared elsewhere, or cannot be. */
const saidElsewhere = new Set(['dist.tarball', 'deprecated', '_npmUser'])

/** The members of a served manifest that are not what the release's pieces are. Never throws on what is served. */
export function compareManifest(
  manifest: JsonObject,
  pieces: VersionPieces,
  form: Form,
): readonly Difference[] {
  const wanted: JsonValue = JSON.parse(`{"dist":{"tarball":"${pieces[form]}}`)
  if (!isJsonObject(wanted)) throw new Error('A piece must be an object')
  const [found, expected] = [flatten(manifest), flatten(wanted)]
  return [...new Set([...found.keys(), ...expected.keys()])]
    .filter(
      (member) => !saidElsewhere.has(member) && !isSame(found.get(member), expected.get(member)),
    )
    .map((what) => {
      const [is, wish] = [found.get(what), expected.get(what)]
      return { what, found: showValue(is), wanted: `${showValue(wish)}, as its tarball has it` }
    })
}

/** The members, those of `dist` by their own names. */
function flatten({ dist, ...rest }: JsonObject): ReadonlyMap<string, JsonValue | undefined> {
  const members: [string, JsonValue | undefined][] = Object.entries(rest)
  if (!isJsonObject(dist)) return new Map([...members, ['dist', dist]])
  return new Map([
    ...members,
    ...Object.entries(dist).map(([name, value]): [string, JsonValue] => [`dist.${name}`, value]),
  ])
}
