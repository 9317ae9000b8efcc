// yarn.lock: which version each range was. Of yarn 1 in a format of its own, of later ones in YAML.
import type { JsonObject } from '@stele/formats/json'
import type { Locked } from '@stele/resolve'
import { rangeIn } from '../range-in.ts'
import { type Found, lockedFrom, splitId } from './found.ts'
import { objectsIn, textIn } from './values.ts'

/** The lock of yarn 1 that the text is. */
export function readYarn1Lock(text: string): Locked {
  const byRange = new Map<string, Found>()
  let keys: readonly string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (/^[^\s#].*:$/.test(line)) keys = keysIn(line.slice(0, -1))
    const [, member, quoted = '', bare = ''] =
      /^ {2}(version|integrity) (?:"([^"]*)"|(\S+))$/.exec(line) ?? []
    const value = quoted === '' ? bare : quoted
    for (const key of member === undefined ? [] : keys) {
      const { name, version: specifier } = splitId(key)
      const asked = rangeIn({ name, specifier })
      if (asked === undefined) continue
      const known = byRange.get(key) ?? { name: asked.name, version: '' }
      byRange.set(key, { ...known, [member === 'version' ? 'version' : 'integrity']: value })
    }
  }
  return lockedFrom(byRange.values(), (_, { name, specifier }) =>
    byRange.get(`${name}@${specifier}`),
  )
}

/** `a@^1, "@b/c@2 || 3"` as its parts. */
function keysIn(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|([^\s,"][^,]*)/g)].map(
    ([, quoted, bare = '']) => quoted ?? bare,
  )
}

/** The lock of yarn 2 or later that the document is. */
export function readYarn4Lock(document: JsonObject): Locked {
  const byRange = new Map<string, Found>()
  for (const [keys, entry] of objectsIn(document)) {
    const version = textIn(entry['version'])
    const { name, version: reference } = splitId(textIn(entry['resolution']) ?? '')
    if (version === undefined || !reference.startsWith('npm:')) continue
    for (const key of keys.split(/,\s+/)) byRange.set(key, { name, version })
  }
  return lockedFrom(byRange.values(), (_, { name, specifier }) =>
    byRange.get(`${name}@${specifier.startsWith('npm:') ? '' : 'npm:'}${specifier}`),
  )
}
