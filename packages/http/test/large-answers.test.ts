// Who has room for a large answer, and who is cut for want of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLargeAnswers } from '../src/large-answers.ts'
import { staleAnswerMs } from '../src/limits.ts'

type Row = {
  readonly what: string
  /**
   * `name bytes` opens an answer with the memory of this name, of 100 that there are; with `by x` it is for that address, else
   * for one of its own. `-number` ends the one that was opened as that, `+` lets time pass.
   */
  readonly steps: readonly string[]
  readonly became: readonly ('held' | 'refused' | 'cut')[]
  readonly usedBytes: number
}

const rows: readonly Row[] = [
  { what: 'there is room', steps: ['a 50', 'b 50'], became: ['held', 'held'], usedBytes: 100 },
  { what: 'there is none', steps: ['a 60', 'b 60'], became: ['held', 'refused'], usedBytes: 60 },
  {
    what: 'there is room again',
    steps: ['a 60', '-0', 'b 60'],
    became: ['held', 'held'],
    usedBytes: 60,
  },
  { what: 'one is larger than all', steps: ['a 200'], became: ['held'], usedBytes: 200 },
  {
    what: 'many share their memory',
    steps: ['a 60', 'a 60', 'a 60'],
    became: ['held', 'held', 'held'],
    usedBytes: 60,
  },
  {
    what: 'one of those who share ends',
    steps: ['a 60', 'a 60', '-0', '-0', 'b 60'],
    became: ['held', 'held', 'refused'],
    usedBytes: 60,
  },
  {
    what: 'all of those who share end',
    steps: ['a 60', 'a 60', '-0', '-1'],
    became: ['held', 'held'],
    usedBytes: 0,
  },
  {
    what: 'those before it are old',
    steps: ['a 50', 'a 50', 'b 50', '+', 'c 50'],
    became: ['cut', 'cut', 'held', 'held'],
    usedBytes: 100,
  },
  {
    what: 'somebody has just begun to take what is old',
    steps: ['a 90', '+', 'a 90', 'b 90'],
    became: ['held', 'held', 'refused'],
    usedBytes: 90,
  },
  {
    what: 'cutting the old one would not be enough',
    steps: ['a 20', '+', 'b 80', 'c 50'],
    became: ['held', 'held', 'refused'],
    usedBytes: 100,
  },
  {
    what: 'the old one ends after it was cut',
    steps: ['a 90', '+', 'b 90', '-0'],
    became: ['cut', 'held'],
    usedBytes: 90,
  },
  {
    what: 'one address has half of the room',
    steps: ['a 30 by x', 'b 30 by x', 'c 30 by y'],
    became: ['held', 'refused', 'held'],
    usedBytes: 60,
  },
  {
    what: 'what an address takes with others counts for it too',
    steps: ['a 50 by x', 'a 50 by y', 'b 10 by y', 'c 10 by x'],
    became: ['held', 'held', 'refused', 'refused'],
    usedBytes: 50,
  },
  {
    what: 'an address has ended what others still take',
    steps: ['a 50 by x', 'a 50 by y', '-0', 'b 50 by x'],
    became: ['held', 'held', 'held'],
    usedBytes: 100,
  },
  {
    what: 'an address joins others beyond its half',
    steps: ['a 40 by x', 'b 40 by y', 'a 40 by y'],
    became: ['held', 'held', 'refused'],
    usedBytes: 80,
  },
  {
    what: 'cutting the old one of its address would not be enough for all',
    steps: ['a 40 by x', '+', 'b 60 by y', 'c 45 by x'],
    became: ['held', 'held', 'refused'],
    usedBytes: 100,
  },
  {
    what: 'the old one is of an address that has its half',
    steps: ['a 20 by y', 'b 40 by x', '+', 'c 40 by x'],
    became: ['held', 'cut', 'held'],
    usedBytes: 60,
  },
  {
    what: 'one address asks for more than half at once',
    steps: ['a 80 by x', 'b 80 by x', 'c 20 by y'],
    became: ['held', 'refused', 'held'],
    usedBytes: 100,
  },
]
for (const { what, steps, became, usedBytes } of rows) {
  test(`open() leaves ${became.join(', ')} when ${what}`, () => {
    let nowMs = 0
    const answers = createLargeAnswers(100, () => nowMs)
    const memory = new Map<string, Uint8Array>()
    const ends: ((() => void) | undefined)[] = []
    const found: string[] = []
    for (const step of steps) {
      const [, name = '', size, client = name] = /^(\w) (\d+)(?: by (\w))?$/.exec(step) ?? []
      if (step === '+') nowMs += staleAnswerMs
      else if (step.startsWith('-')) ends[Number(step.slice(1))]?.()
      else {
        const bytes = memory.get(name) ?? new Uint8Array(Number(size))
        memory.set(name, bytes)
        const at = found.push('held') - 1
        ends[at] = answers.open(bytes, { client, cut: () => void (found[at] = 'cut') })
        if (ends[at] === undefined) found[at] = 'refused'
      }
    }
    assert.deepEqual(found, became)
    assert.equal(answers.usedBytes(), usedBytes)
  })
}
