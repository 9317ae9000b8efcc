import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isSteleError } from '@stele/errors'
import { formatLock } from '../src/format-lock.ts'
import type { Lock } from '../src/lock.ts'
import { openLock } from '../src/open-lock.ts'
import { parseLock } from '../src/parse-lock.ts'

type Vector = { readonly what: string; readonly text: readonly string[] }
const vectors: {
  readonly valid: readonly (Vector & { readonly lock: unknown })[]
  readonly invalid: readonly Vector[]
} = JSON.parse(readFileSync(new URL('../../../spec/lock.json', import.meta.url), 'utf8'))

/** As the vectors tell it. */
function plain({ graph, ...members }: Lock): unknown {
  const importers = graph.importers.map(({ folder, directs }) => {
    const lines = directs.map(({ name, kind, specifier, instance: key = null }) => [
      name,
      { kind, specifier, key },
    ])
    return [folder, Object.fromEntries(lines)]
  })
  const instances = [...graph.instances].map(([key, { id, dependencies, optional }]) => [
    key,
    { of: id, dependencies: Object.fromEntries(dependencies), optional: [...optional] },
  ])
  return {
    ...members,
    importers: Object.fromEntries(importers),
    packages: Object.fromEntries(graph.packages),
    instances: Object.fromEntries(instances),
  }
}

for (const { what, text, lock } of vectors.valid) {
  test(`spec/lock.json: ${what} is read and written byte for byte`, () => {
    const read = parseLock(text.join('\n'), 'stele.lock')
    assert.deepEqual(plain(read), lock)
    assert.equal(formatLock(read), text.join('\n'))
    assert.equal(openLock(text.join('\n'), 'stele.lock').fault, undefined)
  })
}

for (const { what, text } of vectors.invalid) {
  test(`spec/lock.json: ${what} is refused`, () => {
    assert.throws(
      () => parseLock(text.join('\n'), 'stele.lock'),
      (error) => isSteleError(error, 'lock_invalid'),
    )
  })
}
