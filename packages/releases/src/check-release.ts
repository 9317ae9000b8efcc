// A release's tarball against what the state says of it.
import { isSteleError } from '@stele/errors'
import { canonicalJson, type JsonValue } from '@stele/formats/json'
import { parseContentsValue, parseVersionsValue } from '@stele/formats/values'
import { readRelease } from './release.ts'
import { showValue } from './show-value.ts'

/** Where two things that must be the same are not. Texts for people. */
export type Difference = { readonly what: string; readonly found: string; readonly wanted: string }

/**
 * Takes a release's tarball apart again: differences in record, integrity, size and digests from what the state's values say.
 * None when all is as it was when it was published. A tarball that cannot be read is a difference.
 */
export function checkRelease(
  tarball: Uint8Array,
  expected: { readonly versionsValue: string; readonly contentsValue: string },
): readonly Difference[] {
  const { integrity, record } = parseVersionsValue(expected.versionsValue)
  const contents = parseContentsValue(expected.contentsValue)
  try {
    const found = readRelease(tarball)
    const facts: readonly [what: string, found: JsonValue, wanted: JsonValue][] = [
      ['integrity', found.integrity, integrity],
      ['sha512', found.contents.sha512, contents.sha512],
      ['size', found.contents.size, contents.size],
      ['files digest', found.contents.files, contents.files],
      ['manifest digest', found.contents.manifest, contents.manifest],
      ['record', found.recordText, canonicalJson(record)],
    ]
    return facts
      .filter(([, is, wanted]) => is !== wanted)
      .map(([what, is, wanted]) => ({ what, found: showValue(is), wanted: showValue(wanted) }))
  } catch (error) {
    if (!isSteleError(error)) throw error
    return [{ what: 'tarball', found: error.message, wanted: 'a readable tarball' }]
  }
}
