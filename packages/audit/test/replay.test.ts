// What an operator with all keys can try: every hash and signature fits, only the replay can tell.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { Executor, Outcome } from '@stele/entries/calls'
import { entryKinds } from '@stele/entries/leaf'
import { SteleError } from '@stele/errors'
import { canonicalJson, isJsonObject, type JsonValue, parseJson } from '@stele/formats/json'
import { createNotesExecutor, type Forgery, LogBuilder, type NotesOptions } from '@stele/testkit'
import type { VerifyPorts } from '../src/index.ts'
import { newLog, origin, serve, stateless, verifyFiles } from './sample-log.ts'

const replaceIn =
  (found: string, wanted: string) =>
  (text: string): string => {
    assert.ok(text.includes(found), `${found} in ${text}`)
    return text.replace(found, wanted)
  }

const shortBlob = hash('sha512', 'one')

const forgeries: readonly (readonly [title: string, what: RegExp, forgery: Forgery])[] = [
  ['a number is skipped', /its seq/, { body: replaceIn('"seq":2', '"seq":3') }],
  ['a number is used twice', /its seq/, { body: replaceIn('"seq":2', '"seq":1') }],
  ['it is of another log', /its origin/, { body: replaceIn(origin, 'other.example') }],
  ['its body is not canonical', /its body/, { body: (text) => ` ${text}` }],
  ['its body has a strange member', /its body/, { body: replaceIn('"v":1', '"v":1,"w":1') }],
  ['someone else calls via host', /account of its call/, { body: replaceIn('"token"', '"host"') }],
  ['it records another call', /its effects/, { body: replaceIn('"two"', '"four"') }],
  [
    "its result is not the script's",
    /its effects/,
    { effects: replaceIn('"ok":true', '"ok":true,"result":1') },
  ],
  ['it hides a failure', /its effects/, { effects: replaceIn('"changes":1', '"changes":2') }],
  ['its effects are not canonical', /its effects/, { effects: (text) => `${text} ` }],
  ['its time goes back', /its time/, { leaf: (leaf) => ({ ...leaf, timeMs: leaf.timeMs - 1001 }) }],
  ['its kind is another', /its body/, { leaf: (leaf) => ({ ...leaf, kind: entryKinds.config }) }],
  [
    'it is said to be a genesis',
    /its body/,
    { leaf: (leaf) => ({ ...leaf, kind: entryKinds.genesis }) },
  ],
  [
    'its state root is another',
    /its state root/,
    { leaf: (leaf) => ({ ...leaf, stateRoot: Buffer.alloc(32, 7) }) },
  ],
  ['a value is another', /its value for/, { values: () => [{ bytes: Buffer.from('x') }] }],
  ['a value is missing', /its value record/, { values: () => [] }],
  ['a value is withheld', /its value number 0/, { values: () => [{ withheld: true }] }],
  [
    'a short value is a blob that is there',
    /its value number 0/,
    { values: () => [{ blob: shortBlob }] },
  ],
  ['a short value is a blob', /its value number 0/, { values: () => [{ blob: 'ab'.repeat(64) }] }],
]

suite('replay() names the entry when an operator with the keys forges it', () => {
  for (const [title, what, forgery] of forgeries) {
    test(`replay() fails at entry 2 when ${title}`, async () => {
      const log = newLog()
      assert.equal(log.addBlob('one'), shortBlob)
      log.call('bob', 'put', [['/notes', 'a', 'one']])
      log.call('bob', 'put', [['/notes', 'a', 'two']], { forgery })
      log.call('eve', 'put', [['/notes', 'b', 'three']])
      const { verdict, findings } = await verifyFiles(serve(log))
      assert.equal(verdict, 'failed')
      assert.equal(findings.length, 1)
      assert.deepEqual(
        [findings[0]?.code, Object(findings[0]?.details).entry],
        ['entry_mismatch', 2],
      )
      assert.match(findings[0]?.message ?? '', what)
      assert.match(findings[0]?.fix ?? '', /evidence/)
    })
  }

  test('replay() fails when there is a second genesis entry', async () => {
    const log = newLog()
    const { origin: name, signer, root } = log
    const [script = '', engine = ''] = log.blobs.keys()
    const [keys, roots] = [[signer.vkey], { keys: [root.vkey], threshold: 1 }]
    const body = {
      v: 1,
      origin: name,
      script,
      engine,
      limits: {},
      keys,
      roots,
      operator: 'op',
    } as const
    log.append({ kind: entryKinds.genesis, body })
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /Entry 1 does not verify: its kind/)
  })

  test('replay() fails when a settings entry is not signed by the roots', async () => {
    const log = newLog()
    log.config({ upstreams: {} }, { body: replaceIn('"upstreams":{}', '"upstreams":{"a":1}') })
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /Entry 1 .* does not verify/)
  })

  test('replay() fails when the script of the log is another than the one that ran', async () => {
    const log = newLog()
    log.config({ script: 'two' })
    log.call(null, 'script', [], { forgery: { effects: replaceIn('two', 'one') } })
    const { findings } = await verifyFiles(serve(log))
    assert.deepEqual(Object(findings[0]?.details).entry, 2)
  })

  test('replay() tells of every change of the settings when the rules were changed and changed back', async () => {
    const log = newLog()
    const [release = ''] = log.blobs.keys()
    log.config({ script: 'two' })
    log.call(null, 'script', [])
    log.config({ script: 'one', limits: { gas: 5 } })
    const { verdict, script, settingsChanges, warnings } = await verifyFiles(serve(log))
    assert.deepEqual([verdict, script], ['verified', release])
    const evil = [...log.blobs].find(([, bytes]) => Buffer.from(bytes).toString() === 'two')?.[0]
    assert.deepEqual(settingsChanges, [
      { entry: 0, names: [], script: release },
      { entry: 1, names: ['script'], script: evil },
      { entry: 3, names: ['limits', 'script'], script: release },
    ])
    assert.match(warnings.join(), /Entry 1 changed the log's settings: script/)
  })

  for (const [years, title, verdict, what] of [
    [50, 'warns', 'verified', /The newest entry is \d+ hours in the future/],
    [280_000, 'fails', 'failed', /its time is over/],
  ] as const) {
    test(`replay() ${title} when an entry's time is ${years} years ahead`, async () => {
      const log = newLog()
      const ahead = years * 365 * 24 * 60 * 60 * 1000
      const forgery: Forgery = { leaf: (leaf) => ({ ...leaf, timeMs: leaf.timeMs + ahead }) }
      log.call('bob', 'put', [['/notes', 'a', 'one']], { forgery })
      const report = await verifyFiles(serve(log))
      assert.equal(report.verdict, verdict)
      const texts = [...report.warnings, ...report.findings.map(({ message }) => message)]
      assert.match(texts.join(), what)
    })
  }

  test('replay() fails when the log names other keys than the one that signs', async () => {
    const log = newLog()
    log.config({ keys: [log.root.vkey] })
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /Entry 1 does not verify: the keys that it names/)
  })
})

type Withheld = readonly ('body' | 'effects' | 'values')[]
const withheldCases: readonly (readonly [Withheld, string, string])[] = [
  [['body'], 'verified_except', 'rule'],
  [['values'], 'verified', ''],
  [['effects'], 'verified_except', 'result'],
  [['body', 'values'], 'verified_except', 'rule'],
  [['effects', 'values'], 'verified_except', 'result'],
  [['body', 'effects'], 'verified_except', 'all'],
]

suite('replay() and withheld parts', () => {
  for (const [parts, verdict, unchecked] of withheldCases) {
    const withhold = parts.map((part) => ({ entry: 1, part }))
    test(`replay() gives ${verdict} when ${parts.join(' and ')} were taken down`, async () => {
      const log = newLog()
      log.call('bob', 'put', [['/notes', 'a', 'one']])
      log.takedown(withhold)
      log.call('bob', 'put', [['/notes', 'a', 'two']])
      const report = await verifyFiles(serve(log))
      assert.deepEqual(report.findings, [])
      assert.deepEqual(
        [report.verdict, report.exceptions[0]?.unchecked ?? ''],
        [verdict, unchecked],
      )
    })

    test(`replay() fails when ${parts.join(' and ')} are missing and no takedown says so`, async () => {
      const log = newLog()
      log.call('bob', 'put', [['/notes', 'a', 'one']])
      log.call('bob', 'put', [['/notes', 'a', 'two']])
      for (const part of withhold) log.withhold(part)
      const { verdict: found, findings } = await verifyFiles(serve(log))
      assert.equal(found, 'failed')
      assert.deepEqual(
        findings.map(({ details }) => Object(details).entry),
        parts.map(() => 1),
      )
    })
  }

  test('replay() verifies all of it when some values were taken down, and the call makes them again', async () => {
    const log = newLog()
    log.call('bob', 'put', [
      ['/notes', 'a', 'one'],
      ['/notes', 'b', 'two'],
    ])
    log.call('bob', 'copy', ['/notes', 'a', '/notes', 'c'])
    log.takedown([{ entry: 1, part: 'values', writes: [0] }])
    log.takedown([{ entry: 1, part: 'values', writes: [1] }])
    const { verdict, findings, exceptions } = await verifyFiles(serve(log))
    assert.deepEqual([verdict, findings, exceptions], ['verified', [], []])
  })

  test('replay() checks what reads the values that were kept, and excepts what reads those that were taken down', async () => {
    const log = newLog()
    log.call('bob', 'put', [
      ['/notes', 'a', 'one'],
      ['/notes', 'b', 'two'],
    ])
    log.call('bob', 'copy', ['/notes', 'a', '/notes', 'c'])
    log.call('bob', 'copy', ['/notes', 'b', '/notes', 'd'])
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'values', writes: [0] },
    ])
    const { verdict, findings, exceptions } = await verifyFiles(serve(log))
    assert.deepEqual([verdict, findings], ['verified_except', []])
    assert.deepEqual(
      exceptions.map(({ from, to, unchecked }) => [from, to, unchecked]),
      [
        [1, 1, 'rule'],
        [2, 2, 'rule'],
      ],
    )
  })

  test('replay() compares the values that were kept with their hashes when the body is withheld', async () => {
    const log = newLog()
    const forgery: Forgery = {
      values: ([first, ...others]) => [first ?? { withheld: true }, ...others.map(() => forged)],
    }
    const forged = { bytes: Buffer.from('forged') }
    log.call(
      'bob',
      'put',
      [
        ['/notes', 'a', 'one'],
        ['/notes', 'b', 'two'],
      ],
      { forgery },
    )
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'values', writes: [0] },
    ])
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /the SHA-256 of its value for "\/notes" "b"/)
  })

  for (const [title, named, verdict] of [
    ['names it', [{ entry: 1, part: 'values', writes: [1] }], 'verified'],
    ['names it among others', [{ entry: 1, part: 'values', writes: [0, 1, 2] }], 'verified'],
    ['names all of its entry', [{ entry: 1, part: 'values' }], 'verified'],
    ['names another value', [{ entry: 1, part: 'values', writes: [0] }], 'failed'],
    ['names the value of another entry', [{ entry: 2, part: 'values', writes: [1] }], 'failed'],
    ['names a blob alone', [{ blob: shortBlob }], 'failed'],
  ] as const) {
    for (const withBody of [true, false]) {
      const body = { entry: 1, part: 'body' } as const
      const wanted = withBody || verdict === 'failed' ? verdict : 'verified_except'
      test(`replay() gives ${wanted} when a value is withheld, the body ${withBody ? 'is not' : 'is too'}, and the takedown ${title}`, async () => {
        const log = newLog()
        log.call('bob', 'put', [
          ['/notes', 'a', 'one'],
          ['/notes', 'b', 'two'],
        ])
        log.call('bob', 'put', [
          ['/notes', 'a', 'x'],
          ['/notes', 'b', 'y'],
        ])
        const [first, second] = [log.entries[1]?.values, log.entries[2]?.values]
        log.takedown([...named, ...(withBody ? [] : [body])])
        Object.assign(log.entries[1] ?? {}, { values: first })
        Object.assign(log.entries[2] ?? {}, { values: second })
        log.withhold({ entry: 1, part: 'values', writes: [1] })
        const report = await verifyFiles(serve(log))
        assert.equal(report.verdict, wanted)
        if (wanted !== 'failed') return
        assert.equal(report.findings.length, 1)
        assert.match(
          report.findings[0]?.message ?? '',
          /Entry 1.*its value number 1: found withheld/,
        )
      })
    }
  }

  test('replay() fails when the whole value record is gone and takedowns name single values of it', async () => {
    const log = newLog()
    log.call('bob', 'put', [
      ['/notes', 'a', 'one'],
      ['/notes', 'b', 'two'],
    ])
    log.takedown([{ entry: 1, part: 'values', writes: [0, 1] }])
    log.withhold({ entry: 1, part: 'values' })
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /Entry 1.*its values: found withheld/)
  })

  test('replay() fails when the takedown came before the entry', async () => {
    const log = newLog()
    log.takedown([{ entry: 0, part: 'values' }])
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    log.withhold({ entry: 1, part: 'body' })
    assert.equal((await verifyFiles(serve(log))).verdict, 'failed')
  })

  test('replay() does not check the rule of an entry that reads a withheld value', async () => {
    const log = newLog()
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    log.call('bob', 'copy', ['/notes', 'a', '/notes', 'b'])
    log.call('bob', 'put', [['/notes', 'c', 'three']])
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'values' },
    ])
    const report = await verifyFiles(serve(log))
    assert.deepEqual(
      report.exceptions.map(({ from, to, unchecked }) => [from, to, unchecked]),
      [
        [1, 1, 'rule'],
        [2, 2, 'rule'],
      ],
    )
    assert.deepEqual([report.verdict, report.exceptedEntries], ['verified_except', 2])
  })

  test('replay() reports every entry since the state was lost', async () => {
    const log = newLog()
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    log.call('bob', 'put', [['/notes', 'a', 'two']])
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'effects' },
    ])
    const { verdict, exceptions, exceptedEntries, warnings } = await verifyFiles(serve(log))
    const reason = 'the state is unknown since entry 1'
    assert.deepEqual(exceptions, [{ from: 1, to: 3, unchecked: 'all', reason }])
    assert.deepEqual([verdict, exceptedEntries], ['verified_except', 3])
    assert.match(warnings.join(), /From entry 1 on/)
  })

  test('replay() goes on when the effects that are withheld wrote nothing', async () => {
    const log = newLog()
    log.call(null, 'fail', ['secret'])
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'effects' },
    ])
    log.call('bob', 'put', [['/notes', 'a', 'two']])
    const { exceptions } = await verifyFiles(serve(log))
    assert.deepEqual(
      exceptions.map(({ from, to, unchecked }) => [from, to, unchecked]),
      [[1, 1, 'rule']],
    )
  })

  test('replay() runs on when the genesis body is withheld', async () => {
    const log = newLog()
    log.call(null, 'script', [])
    log.takedown([{ entry: 0, part: 'body' }])
    const report = await verifyFiles(serve(log))
    assert.deepEqual([report.verdict, report.callsRun], ['verified_except', 1])
  })

  test('replay() checks no call when the script is withheld', async () => {
    const log = newLog()
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    const [script = ''] = log.blobs.keys()
    log.takedown([{ blob: script }])
    const { verdict, callsRun, exceptedEntries } = await verifyFiles(serve(log))
    assert.deepEqual([verdict, callsRun, exceptedEntries], ['verified_except', 0, 2])
  })

  test('replay() fails when a withheld call is said to have changed the settings', async () => {
    const log = newLog()
    const forgery = { effects: replaceIn('"/notes","a"', '"stele/log","script"') }
    log.call('bob', 'put', [['/notes', 'a', 'one']], { forgery })
    log.takedown([{ entry: 1, part: 'body' }])
    const { findings } = await verifyFiles(serve(log))
    assert.match(findings[0]?.message ?? '', /Entry 1 .* its writes/)
  })
})

suite('replay() and blobs', () => {
  test('replay() runs calls that read blobs, also absent ones', async () => {
    const log = newLog()
    log.call(null, 'blob', [log.addBlob('four')])
    log.call(null, 'blob', ['ab'.repeat(64)])
    assert.equal((await verifyFiles(serve(log))).verdict, 'verified')
  })

  test('replay() excepts a call whose blob was taken down, and fails when nobody says so', async () => {
    const log = newLog()
    const blob = log.addBlob('four')
    log.call(null, 'blob', [blob])
    log.withhold({ blob })
    const { findings } = await verifyFiles(serve(log))
    assert.equal(Object(findings[0]?.details).entry, 1)
    log.takedown([{ blob }])
    assert.equal((await verifyFiles(serve(log))).verdict, 'verified_except')
  })
})

suite('replay() and what a call needs', () => {
  test('replay() runs the next call once when one before it needs a blob and reads what is withheld', async () => {
    const runs: string[] = []
    const createExecutor = (options: NotesOptions): Executor => {
      const { init, call } = stateless(options)
      return {
        init,
        call: (made, state) => {
          runs.push(made.method)
          if (made.method !== 'both') return call(made, state)
          try {
            options.blobs(JSON.parse(made.args)[0])
          } catch {
            // As a script may do.
          }
          state.get('/notes', 'a')
          return call({ ...made, method: 'put', args: '[]' }, state)
        },
      }
    }
    const log = new LogBuilder({ origin, createExecutor })
    log.call('bob', 'put', [['/notes', 'a', 'one']])
    log.call('bob', 'both', [log.addBlob('four')])
    log.call('bob', 'list', ['/notes'])
    log.takedown([
      { entry: 1, part: 'body' },
      { entry: 1, part: 'values' },
      { entry: 2, part: 'effects' },
    ])
    runs.length = 0
    const { verdict } = await verifyFiles(serve(log), { createExecutor })
    assert.deepEqual([verdict, runs], ['verified_except', ['both', 'both', 'list']])
  })

  test('replay() does not excuse an entry by the blob that the call before it missed', async () => {
    const log = new LogBuilder({ origin, createExecutor: createNotesExecutor })
    const blob = log.addBlob('four')
    log.call(null, 'blob', [blob])
    log.config({ limits: { gas: 2000 } }, { effects: replaceIn('"changes":', '"changes":1') })
    log.takedown([{ blob }])
    const createExecutor: VerifyPorts['createExecutor'] = createNotesExecutor
    const { verdict, findings } = await verifyFiles(serve(log), { createExecutor })
    assert.deepEqual([verdict, Object(findings[0]?.details).entry], ['failed', 2])
  })
})

suite('replay() and memory', () => {
  test('replay() runs a call once when its long value has still to be fetched', async () => {
    const log = withMemory()
    const long = 'long '.repeat(5000)
    log.call(null, 'count', [])
    log.call(null, 'put', [['/notes', 'long', long]])
    log.call(null, 'count', [])
    let runs = 0
    const counting: VerifyPorts['createExecutor'] = (options) => {
      const executor = createNotesExecutor(options)
      return { ...executor, call: (...args) => (runs++, executor.call(...args)) }
    }
    const { verdict } = await verifyFiles(serve(log), { createExecutor: counting })
    assert.deepEqual([verdict, runs], ['verified', 3])
  })

  const withMemory = (): LogBuilder =>
    new LogBuilder({ origin, createExecutor: createNotesExecutor })
  const digestAfter = (calls: number): string => {
    const options = { script: new Uint8Array(0), blobs: () => undefined }
    const executor = createNotesExecutor(options)
    const call = {
      method: 'count',
      args: '[]',
      account: null,
      via: 'token' as const,
      timeMs: 0,
      seed: new Uint8Array(32),
    }
    const state = { get: () => undefined, list: () => [] }
    for (let i = 0; i < calls; i++) executor.call(call, state)
    return executor.memoryDigest()
  }
  const createExecutor: VerifyPorts['createExecutor'] = createNotesExecutor

  test('replay() compares memory digests when the executor has a memory', async () => {
    for (const [calls, verdict] of [
      [2, 'verified'],
      [3, 'failed'],
    ] as const) {
      const log = withMemory()
      log.call(null, 'count', [])
      log.call(null, 'count', [])
      log.memory(digestAfter(calls))
      assert.equal((await verifyFiles(serve(log), { createExecutor })).verdict, verdict)
    }
  })

  test('replay() counts memory digests that it cannot compare', async () => {
    const log = withMemory()
    log.memory(digestAfter(7))
    const { memoryUnchecked, warnings } = await verifyFiles(serve(log))
    assert.deepEqual([memoryUnchecked, warnings.length], [1, 1])
  })

  test('replay() checks no later call when the memory is lost with a withheld body', async () => {
    const log = withMemory()
    log.call(null, 'count', [])
    log.call(null, 'count', [])
    log.takedown([{ entry: 1, part: 'body' }])
    const { exceptedEntries } = await verifyFiles(serve(log), { createExecutor })
    assert.equal(exceptedEntries, 2)
  })
})

const longText = 'long '.repeat(4000)

suite('replay() and the vectors', () => {
  const path = new URL('../../../spec/vectors.json', import.meta.url)
  const vectors: JsonValue = parseJson(readFileSync(path, 'utf8'), 'the vectors')
  const [files, blobs, entries] = ['files', 'blobs', 'entries'].map((name) => {
    const member = isJsonObject(vectors) ? vectors[name] : undefined
    return Object.entries(Object(member))
  })

  test('verifyService() verifies the log of the vectors when its calls do what is recorded', async () => {
    const served = new Map<string, Uint8Array>()
    for (const [name, hex] of files ?? []) {
      served.set(`/-/log/${name}`, Buffer.from(String(hex), 'hex'))
    }
    for (const [name, told] of blobs ?? []) {
      const text = told === '"long " 4,000 times' ? longText : String(told)
      served.set(`/-/log/blob/${name.slice(0, 2)}/${name}`, Buffer.from(text))
    }
    for (const name of ['checkpoint', 'head']) {
      const text = isJsonObject(vectors) ? vectors[name] : undefined
      assert.ok(typeof text === 'string')
      served.set(`/-/log/${name}`, Buffer.from(text))
    }
    const createExecutor = recordedExecutor((entries ?? []).map(([, entry]) => Object(entry)))
    const rules = (blobs ?? []).map(([name]) => name)
    const report = await verifyFiles(served, { createExecutor, rules })
    assert.deepEqual(report.findings, [])
    assert.deepEqual(
      [report.verdict, report.checkpoint?.size, report.exceptedEntries],
      ['verified_except', 14, 1],
    )
    assert.equal(report.callsRun, 8)
  })
})

type RecordedEntry = {
  readonly kind: number
  readonly body: string
  readonly effects: string
  readonly values: readonly { readonly hex?: string }[]
}

/** Gives the recorded outcomes of genesis and calls, without what the host itself wrote. Calls may come in any order. */
function recordedExecutor(entries: readonly RecordedEntry[]): VerifyPorts['createExecutor'] {
  const outcomeOf = (recorded: RecordedEntry | undefined): Outcome => {
    const { effects: text = '{}', values = [] } = recorded ?? {}
    const effects = JSON.parse(text)
    if (effects.ok !== true) return { ok: false, error: effects.error }
    let position = 0
    const writes = effects.writes.map(([object, field, hash]: [string, string, string | null]) => {
      const value = hash === null ? null : bytesOf(values[position++])
      return { object, field, value }
    })
    const own = writes.filter(({ object }: { object: string }) => object.startsWith('/'))
    const result = 'result' in effects ? { result: effects.result } : {}
    return { ok: true, ...result, changes: effects.changes, writes: own }
  }
  return () => ({
    init: () => outcomeOf(entries[0]),
    call: ({ method, args }) => {
      const isAsked = ({ kind, body }: RecordedEntry): boolean => {
        const asked = JSON.parse(body)
        return (
          kind === entryKinds.call && asked.method === method && canonicalJson(asked.args) === args
        )
      }
      return outcomeOf(entries.find(isAsked))
    },
  })
}

function bytesOf(value: { readonly hex?: string } | undefined): Uint8Array {
  return value?.hex === undefined ? Buffer.from(longText) : Buffer.from(value.hex, 'hex')
}

test('replay() throws entry_not_run, and blames nobody, when this machine cannot finish a call', async () => {
  const log = newLog()
  log.call('bob', 'list', ['/notes'])
  const createExecutor: VerifyPorts['createExecutor'] = (settings) => ({
    ...stateless(settings),
    call: () => {
      throw new SteleError('call_aborted', { method: 'list', reason: 'no memory is left' })
    },
  })
  const done = verifyFiles(serve(log), { createExecutor })
  await assert.rejects(done, {
    code: 'entry_not_run',
    message: /^Entry 1 could not be run again on this machine/,
  })
})
