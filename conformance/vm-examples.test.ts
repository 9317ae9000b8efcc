// Every example, driven by a client that is not ours, with 64 calls under way at once.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeFolder } from './temporary-folder.ts'
import { connectForeign, type ForeignClient, startVm } from './vm-server.ts'

const examples = fileURLToPath(new URL('../examples/vm', import.meta.url))
const atOnce = 64

/** What is asked of it as whom; the answer, or what the error says. */
type Step = readonly [
  user: string | undefined,
  method: string,
  args: readonly unknown[],
  answer: unknown,
]

type Example = {
  /** One after the other. */
  readonly steps: readonly Step[]
  /** Many at once, of as many users. Their answers, in the order in which they were sent. */
  readonly burst: (at: number) => readonly [method: string, args: readonly unknown[]]
  readonly burstAnswer: (at: number, user: string) => unknown
  /** Files that are there afterwards. */
  readonly files?: Readonly<Record<string, string>>
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const rows: Readonly<Record<string, Example>> = {
  'hello.js': {
    steps: [
      ['alice', 'hello', [], 'Hello, alice!'],
      [undefined, 'hello', [], 'Hello, stranger!'],
    ],
    burst: () => ['hello', []],
    burstAnswer: (_, user) => `Hello, ${user}!`,
  },
  'who-am-i.js': {
    steps: [
      ['alice', 'whoAmI', [], { id: 'alice', via: 'debug' }],
      [undefined, 'whoAmI', [], { id: null, via: 'debug' }],
    ],
    burst: () => ['whoAmI', []],
    burstAnswer: (_, user) => ({ id: user, via: 'debug' }),
  },
  'closure-counter.js': {
    steps: [
      [undefined, 'increment', [], 1],
      ['alice', 'increment', [4], 5],
      ['alice', 'increment', [0.5], /Only whole numbers/],
      [undefined, 'get', [], 5],
    ],
    burst: () => ['increment', []],
    burstAnswer: (at) => 6 + at,
  },
  'file-counter.js': {
    steps: [
      [undefined, 'increment', [], 1],
      ['alice', 'increment', [4], 5],
      ['alice', 'increment', ['x'], /Only whole numbers/],
      [undefined, 'get', [], 5],
    ],
    burst: () => ['increment', []],
    burstAnswer: (at) => 6 + at,
    files: { '/count': String(5 + atOnce) },
  },
  'file-service.js': {
    steps: [
      [undefined, 'write', ['a', 'x'], /Say who you are/],
      ['alice', 'write', ['notes/today', 'rain'], null],
      ['alice', 'write', ['..', 'dots'], /segments are neither empty nor/],
      ['bob', 'read', ['alice', 'notes/today'], 'rain'],
      ['bob', 'read', ['alice', 'none'], /nothing is there/],
      ['bob', 'list', ['alice'], ['notes%2Ftoday']],
      ['bob', 'list', ['carol'], []],
      ['alice', 'remove', ['none'], /none/],
      ['alice', 'write', ['', 'x'], /needs a name/],
    ],
    burst: (at) => ['write', [`file-${at}`, `text ${at}`]],
    burstAnswer: () => null,
    files: { '/home/alice/notes%2Ftoday': 'rain', '/home/user-7/file-7': 'text 7' },
  },
  'guest-list.js': {
    steps: [
      [undefined, 'rsvp', [true], /Say who you are/],
      ['alice', 'rsvp', [true, 2], { name: 'alice', isComing: true, guests: 2 }],
      ['alice', 'rsvp', [true, 11], /from 0 to 10/],
      ['alice', 'rsvp', ['yes'], /true or false/],
      ['bob', 'rsvp', [false], { name: 'bob', isComing: false, guests: 0 }],
      [undefined, 'headcount', [], 3],
      ['bob', 'withdraw', [], null],
      [undefined, 'list', [], [{ name: 'alice', isComing: true, guests: 2 }]],
    ],
    burst: (at) => ['rsvp', [true, at % 3]],
    burstAnswer: (at, user) => ({ name: user, isComing: true, guests: at % 3 }),
    files: { '/rsvps/user-4.json': '{"name":"user-4","isComing":true,"guests":1}' },
  },
  'key-server.js': {
    steps: [
      ['mallory', 'setAdmins', [[]], /list of names/],
      ['alice', 'setAdmins', [['alice', 'ada']], null],
      ['mallory', 'setAdmins', [['mallory']], /Only admins/],
      ['ada', 'setAdmins', [['alice']], null],
      ['bob', 'set', ['ssh-ed25519 AAAA'], null],
      [undefined, 'set', ['x'], /needs an owner/],
      [undefined, 'get', ['bob'], 'ssh-ed25519 AAAA'],
      [undefined, 'get', ['carol'], null],
      [undefined, 'list', [], ['bob']],
      ['mallory', 'remove', ['bob'], /Only admins/],
      ['alice', 'remove', ['bob'], null],
    ],
    burst: (at) => ['set', [`key ${at}`]],
    burstAnswer: () => null,
    files: { '/admins.json': '["alice"]', '/keys/user-9': 'key 9' },
  },
  'package-manager.js': {
    steps: [
      ['alice', 'publish', ['foo.js', '1.0.0', base64('hello')], null],
      ['bob', 'publish', ['foo.js', '1.1.0', base64('evil')], /This package name is already taken/],
      ['alice', 'publish', ['foo.js', '1.0.0', base64('other')], /published already/],
      ['alice', 'publish', ['', '1.0.0', 'aa'], /Name must be a string/],
      ['alice', 'publish', ['foo.js', 2, 'aa'], /Version must be a string/],
      ['alice', 'publish', ['foo.js', '2.0.0'], /Data must be a base64ed string/],
      [undefined, 'fetch', ['foo.js', '1.0.0'], base64('hello')],
      [undefined, 'list', [], [{ owner: 'alice', name: 'foo.js', version: '1.0.0' }]],
    ],
    burst: (at) => ['publish', [`package-${at}`, '1.0.0', base64(`content ${at}`)]],
    burstAnswer: () => null,
    files: { '/packages/foo.js.1.0.0': 'hello', '/packages/package-8.1.0.0': 'content 8' },
  },
}

test('every example is driven here', () => {
  assert.deepEqual(readdirSync(examples).toSorted(), Object.keys(rows).toSorted())
})

for (const [name, { steps, burst, burstAnswer, files = {} }] of Object.entries(rows)) {
  test(`examples/vm/${name} does what it says, also for ${atOnce} callers at once`, async () => {
    await using folder = await makeFolder('vm-example')
    const script = readFileSync(`${examples}/${name}`, 'utf8')
    await using server = await startVm({ folder: folder.path, script, name })
    using clients = new DisposableStack()
    const connect = async (user?: string): Promise<ForeignClient> =>
      clients.use(await connectForeign(server.address, user))
    const byUser = new Map<string | undefined, ForeignClient>()
    for (const [user, method, args, answer] of steps) {
      const client = byUser.get(user) ?? (await connect(user))
      byUser.set(user, client)
      const found = await client
        .call(method, args)
        .catch((error: unknown) => String(Object(error).data))
      if (answer instanceof RegExp) assert.match(String(found), answer)
      else assert.deepEqual(found, answer, `${method}(${JSON.stringify(args)})`)
    }
    const users = Array.from({ length: atOnce }, (_, at) => `user-${at}`)
    const many = await Promise.all(users.map(connect))
    const answers = await Promise.all(many.map((client, at) => client.call(...burst(at))))
    // They run one after the other, in some order: a counter's answers are sorted.
    const isCount = answers.every((answer) => typeof answer === 'number')
    const sorted = isCount ? answers.toSorted((a, b) => Number(a) - Number(b)) : answers
    assert.deepEqual(
      sorted,
      users.map((user, at) => burstAnswer(at, user)),
    )
    for (const [path, text] of Object.entries(files)) {
      const place = path.split('/').map(encodeURIComponent).join('/')
      const answer = await fetch(`http://${server.address}/-/files${place}`)
      assert.equal(await answer.text(), text, path)
    }
  })
}
