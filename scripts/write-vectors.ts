// Writes spec/vectors.json anew, but for its "release": `node scripts/write-vectors.ts`. The log in it is made entry by entry
// with the same transition and the same script host as a real one.
import { createPrivateKey, hash, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import {
  type Body,
  type CallBody,
  type ConfigBody,
  callPayload,
  formatBody,
  keyIdOf,
  parseBody,
  rootPayload,
  rootsAccount,
  type TakedownBody,
} from '../packages/entries/src/public/bodies.ts'
import type { StateReader, Write } from '../packages/entries/src/public/calls.ts'
import {
  entryKinds,
  formatLeaf,
  hashBody,
  hashEffects,
  seedOf,
} from '../packages/entries/src/public/leaf.ts'
import {
  formatEffects,
  formatRecordBundle,
  formatValues,
  valueOf,
} from '../packages/entries/src/public/parts.ts'
import { withholdValues } from '../packages/entries/src/public/takedowns.ts'
import { applyBody } from '../packages/entries/src/public/transition.ts'
import type { JsonValue } from '../packages/formats/src/public/json.ts'
import { compareUtf8 } from '../packages/formats/src/public/names.ts'
import { engineBlobs, engines, loadEngine } from '../packages/host/src/index.ts'
import { formatHead, type StateQuery, Trie } from '../packages/state/src/index.ts'
import { formatBundle } from '../packages/state/src/public/bundle.ts'
import {
  createCosigner,
  createEd25519Signer,
  formatCheckpoint,
} from '../packages/tlog/src/public/keys.ts'
import { cosignNote, formatNote, signNote } from '../packages/tlog/src/public/notes.ts'
import { formatEntryBundle, formatTile } from '../packages/tlog/src/public/tiles.ts'
import {
  createHashReader,
  Frontier,
  type Hash,
  hashLeaf,
  proveInclusion,
} from '../packages/tlog/src/public/tree.ts'

const origin = 'example.com/stele'
const startMs = 1_795_000_000_000
const script = `exports.init = () => System.files.mkdir("/meta")
exports.set = (path, text) => System.files.writeFile(path, text)
exports.drop = (path) => System.files.unlink(path)
exports.fail = () => { throw new TypeError("no \\u2028 é") }
exports.odd = () => ({ b: 1, a: [1.5, "é"], "\\ufb00": 1e21, "\\u{1f600}": null })
exports.ask = () => [System.oracle(() => ({ b: 1, a: 42 })), Math.random()]
exports.grow = () => System.files.writeFile("/meta/long", "long ".repeat(4000))
`
const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const log = createEd25519Signer(origin, filled(0x07))
const clock = createCosigner(`${origin}/clock`, filled(0x0c))
const root = createEd25519Signer('example.com/root', filled(0x0a))
const userKey = createEd25519Signer('user', filled(0x0b)).verifier.publicKey
const user = `ed25519:${Buffer.from(userKey).toString('base64url')}`
const longText = 'long '.repeat(4000)
const blobs = new Map([
  [hash('sha512', script), script],
  [engines.kept.name, engines.kept.blob],
  [hash('sha512', longText), '"long " 4,000 times'],
])
const engine = loadEngine(Buffer.from(engines.kept.blob), (name) =>
  engineBlobs(engines.kept).find((bytes) => hash('sha512', bytes) === name),
)
const limits = { gas: 1_000_000, memory: 33_554_432 }
const executor = engine.createExecutor(
  { script, limits },
  { print: () => undefined, blobs: () => undefined },
)

const rows = new Map<string, Map<string, Uint8Array>>()
const state: StateReader = {
  get: (object, field) => rows.get(object)?.get(field),
  list: (object) => [...(rows.get(object)?.keys() ?? [])].sort(compareUtf8),
}
const trie = new Trie()
const frontier = Frontier.empty()
const hashes: Hash[][] = []
const bundles = { leaves: [], body: [], effects: [], value: [] } as {
  readonly [Kind in 'leaves' | 'body' | 'effects' | 'value']: Uint8Array[]
}
const entries: object[] = []

const token = { type: 'token' } as const
const debug = { type: 'debug' } as const
const host = { type: 'host' } as const
append(0, {
  kind: entryKinds.genesis,
  body: {
    v: 1,
    origin,
    script: hash('sha512', script),
    engine: engine.name,
    limits,
    keys: [log.vkey],
    roots: { keys: [root.vkey], threshold: 1 },
    operator: 'op',
  },
})
append(1, call('alice', 1, token, 'set', ['/notes', 'é \0 end']))
append(1, call('alice', 2, debug, 'fail', []))
append(2, signedCall(7, 'set', ['/notes', 'two']))
append(2, signedCall(9, 'fail', []))
append(3, call(null, 1, debug, 'odd', []))
append(3, call('alice', 3, token, 'ask', []))
append(4, call('op', 1, host, 'grow', []))
append(4, call('alice', 4, token, 'drop', ['/notes']))
append(5, call('alice', 5, token, 'set', ['/meta/a', 'A']))
append(5, {
  kind: entryKinds.memory,
  body: { v: 1, sha256: executor.memory?.digest() ?? '' },
})
append(6, signedByRoot({ ...roots(1), set: { upstreams: {} }, signatures: [] }))
const withhold = [
  { entry: 1, part: 'body' },
  { entry: 1, part: 'values' },
] as const
const reason = 'asked for by its author'
append(7, signedByRoot({ ...roots(2), withhold, reason, signatures: [] }))
const someValues = { entry: 3, part: 'values', writes: [0] } as const
append(8, signedByRoot({ ...roots(3), withhold: [someValues], reason, signatures: [] }))

const url = new URL('../spec/vectors.json', import.meta.url)
const { about, release } = JSON.parse(readFileSync(url, 'utf8'))
const { checkpoint, head } = signHead()
const keys = {
  logSeed: '07 x 32',
  rootSeed: '0a x 32',
  userSeed: '0b x 32',
  clockSeed: '0c x 32',
  log: log.vkey,
  clock: clock.vkey,
  root: root.vkey,
  user: keyIdOf(userKey),
}
const proofs = [
  prove([
    { object: '/meta', field: 'a' },
    { object: '/notes', field: 'absent' },
  ]),
  prove([
    { object: '/', field: 'meta/' },
    { object: '/meta', prefix: '' },
    { object: '/nothing', prefix: '' },
  ]),
]
const vectors = {
  about,
  keys,
  blobs: Object.fromEntries(blobs),
  entries,
  checkpoint,
  head,
  proofs,
  files: files(),
  release,
}
writeFileSync(url, `${JSON.stringify(vectors, null, 1)}\n`)

function call(
  account: string | null,
  seq: number,
  via: CallBody['via'],
  method: string,
  args: readonly JsonValue[],
): Body {
  return { kind: entryKinds.call, body: { v: 1, origin, account, seq, via, method, args } }
}

function signedCall(seq: number, method: string, args: readonly JsonValue[]): Body {
  const via = {
    type: 'key',
    key: keyIdOf(userKey),
    notAfter: startMs + 300_000,
    signature: '',
  } as const
  const body: CallBody = { v: 1, origin, account: user, seq, via, method, args }
  const pkcs8 = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    filled(0x0b),
  ])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const signature = sign(null, callPayload(body), key).toString('base64')
  return { kind: entryKinds.call, body: { ...body, via: { ...via, signature } } }
}

function roots(seq: number) {
  return { v: 1, origin, account: rootsAccount, seq, via: host } as const
}

function signedByRoot(unsigned: ConfigBody | TakedownBody): Body {
  const signature = Buffer.from(root.sign(rootPayload(unsigned))).toString('base64')
  const kind = 'set' in unsigned ? entryKinds.config : entryKinds.takedown
  return parseBody(kind, formatBody({ ...unsigned, signatures: [{ key: root.vkey, signature }] }))
}

function append(second: number, given: Body): void {
  const timeMs = startMs + second * 1000
  const index = entries.length
  const [salt, effectsSalt] = [filled(0x40 + index), filled(0x80 + index)]
  const seed = seedOf(given, salt, hashBody(salt, Buffer.from(formatBody(given.body))))
  const { effects, writes, oracles } = applyBody(given, {
    state,
    executor,
    timeMs,
    seed,
    making: {},
  })
  const body = formatBody(
    oracles === undefined ? given.body : ({ ...given.body, oracles } as CallBody),
  )
  apply(writes)
  const leaf = formatLeaf({
    kind: given.kind,
    timeMs,
    bodyHash: hashBody(salt, Buffer.from(body)),
    effectsHash: hashEffects(effectsSalt, Buffer.from(formatEffects(effects))),
    stateRoot: trie.root(),
  })
  for (const { tileLevel, hash: stored } of frontier.append(hashLeaf(leaf))) {
    hashes[tileLevel] = [...(hashes[tileLevel] ?? []), stored]
  }
  const values = writes.flatMap(({ value }) => (value === null ? [] : [valueOf(value)]))
  bundles.leaves.push(leaf)
  bundles.body.push(Buffer.concat([salt, Buffer.from(body)]))
  bundles.effects.push(Buffer.concat([effectsSalt, Buffer.from(formatEffects(effects))]))
  bundles.value.push(formatValues(values))
  entries.push({
    kind: given.kind,
    body,
    salt: hex(salt),
    effects: formatEffects(effects),
    effectsSalt: hex(effectsSalt),
    values: values.map((value) => ('bytes' in value ? { hex: hex(value.bytes) } : value)),
    stateRoot: hex(trie.root()),
    leaf: hex(leaf),
    treeRoot: hex(frontier.root()),
  })
}

function apply(writes: readonly Write[]): void {
  for (const { object, field, value } of writes) {
    const fields = rows.get(object) ?? new Map<string, Uint8Array>()
    rows.set(object, fields)
    if (value === null) fields.delete(field)
    else fields.set(field, value)
    const valueHash = value === null ? null : hash('sha256', value, 'buffer')
    trie.apply([{ object, field, valueHash }])
  }
}

function signHead(): { checkpoint: string; head: string } {
  const size = entries.length
  const text = formatCheckpoint({ origin, size, root: frontier.root() })
  const clockS = startMs / 1000 + 8
  const checkpoint = formatNote(text, [signNote(text, log), cosignNote(text, clock, clockS)])
  const read = createHashReader((level, start, count) =>
    (hashes[level] ?? []).slice(start, start + count),
  )
  const leaf = bundles.leaves.at(-1) ?? new Uint8Array(0)
  const path = proveInclusion(size - 1, size, read)
  return { checkpoint, head: formatHead({ leaf, index: size - 1, path, checkpoint }) }
}

function prove(queries: readonly StateQuery[]): object {
  const steps = trie.proveInSteps(queries)
  for (;;) {
    const step = steps.next()
    if (step.done !== true) continue
    const { tree, asked } = step.value
    const values = asked.map(([object, field]) => valueOf(state.get(object, field) ?? Buffer.of()))
    return { queries, bundle: hex(formatBundle({ head, tree, values })) }
  }
}

/** Every file but the checkpoint and the head, which stand beside them. */
function files(): { readonly [path: string]: string } {
  const gone = (kind: 'body' | 'value'): (Uint8Array | null)[] =>
    bundles[kind].map((record, index) => {
      if (index === 1) return null
      const isReduced = kind === 'value' && index === someValues.entry
      return isReduced ? withholdValues(someValues, record) : record
    })
  return {
    'tile/0/000.p/14': hex(formatTile(hashes[0] ?? [])),
    'tile/entries/000.p/14': hex(formatEntryBundle(bundles.leaves)),
    'body/000.p/14': hex(formatRecordBundle(gone('body'))),
    'effects/000.p/14': hex(formatRecordBundle(bundles.effects)),
    'value/000.p/14': hex(formatRecordBundle(gone('value'))),
    key: hex(Buffer.from(`${log.vkey}\n${clock.vkey}\n`)),
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
