// Whatever a script does, its effects can be written, and read again by every auditor.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '@stele/entries/calls'
import { maxEffectsBytes } from '@stele/entries/leaf'
import { type Effects, effectWrite, formatEffects, parseEffects } from '@stele/entries/parts'
import { callOf, hostOf, memoryState } from './memory-state.ts'

const script = `
  exports.nest = (levels) => { let value = 1; for (let i = 0; i < levels; i++) value = [value]; return value }
  exports.fill = (count, name, result) => {
    for (let i = 0; i < count; i++) System.files.writeFileSync('/' + name + i, '')
    return 'r'.repeat(result)
  }
  exports.clear = () => System.files.rmdirSync('/full', { recursive: true })`

function effectsOf(outcome: Outcome): Effects {
  if (!outcome.ok) return { ok: false, error: outcome.error, changes: 0, writes: [] }
  const { result, changes, writes } = outcome
  const ending = result === undefined ? { ok: true as const } : { ok: true as const, result }
  return { ...ending, changes, writes: writes.map(effectWrite) }
}

for (const [levels, name] of [
  [126, undefined],
  [127, undefined],
  [128, 'bad_result'],
  [129, 'bad_result'],
] as const) {
  test(`call() gives ${name ?? 'a result'} when the result has ${levels} levels, and its effects parse`, () => {
    const outcome = hostOf(script).call(callOf('nest', levels), memoryState())
    assert.equal(outcome.ok ? undefined : outcome.error.name, name)
    const effects = effectsOf(outcome)
    assert.deepEqual(parseEffects(formatEffects(effects)), effects)
  })
}

const control = '\u0001'
for (const [count, name, result, error] of [
  [1000, 'plain', 1000, undefined],
  [9000, 'n'.repeat(380), 0, undefined],
  [9000, 'n'.repeat(400), 0, { name: 'trap', message: 'writes' }],
  [9000, control.repeat(100), 0, { name: 'trap', message: 'writes' }],
  [9000, 'n'.repeat(300), 900_000, { name: 'trap', message: 'writes' }],
] as const) {
  test(`call() gives ${error === undefined ? 'a result' : 'a trap'} when it writes ${count} names of ${name.length} and a result of ${result}`, () => {
    const outcome = hostOf(script).call(callOf('fill', count, name, result), memoryState())
    assert.deepEqual(outcome.ok ? undefined : outcome.error, error)
    const text = formatEffects(effectsOf(outcome))
    assert.ok(text.length <= maxEffectsBytes)
    parseEffects(text)
  })
}

test('call() gives a trap when one removal would write more than effects can hold', () => {
  const names = Array.from(
    { length: 6000 },
    (_, i) => [`/full/${'f'.repeat(800)}${i}`, ''] as const,
  )
  const outcome = hostOf(script).call(callOf('clear'), memoryState(Object.fromEntries(names)))
  assert.deepEqual(outcome.ok ? undefined : outcome.error, { name: 'trap', message: 'writes' })
})
