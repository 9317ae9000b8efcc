// A real server whose files, database or answers are changed behind its back: `stele verify` must fail and name the entry.
import assert from 'node:assert/strict'
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, suite, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type Finished, runProgram } from './processes.ts'
import { startProxy } from './recording-proxy.ts'
import { makeUpload, memberOf, publish, type RegistryClient, signUp } from './registry-client.ts'
import { mainFile, type Server, startServer } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

type Report = {
  readonly verdict: string
  readonly checkpoint: { readonly size: number; readonly note: string } | null
  readonly key: string
  readonly contentsChecked: number
  readonly servedCompared: number
  readonly exceptions: readonly { readonly from: number; readonly unchecked: string }[]
  readonly findings: readonly {
    readonly code: string
    readonly message: string
    readonly details: { readonly entry: number | null; readonly path?: string }
  }[]
}

/** A change of the stopped server's database. */
type Change = (db: DatabaseSync) => void

/** By their entries: 0 genesis, 1 join, then these. The last one is removed again by entry 6. */
const releases = [
  { name: 'left', version: '1.0.0', entry: 2 },
  { name: 'left', version: '1.1.0', entry: 3 },
  { name: '@s/right', version: '2.0.0', entry: 4 },
  { name: 'gone', version: '1.0.0', entry: 5 },
] as const

/** SQL for the blob's name that the state holds. */
const scriptName =
  "(SELECT json_extract(CAST(value AS TEXT), '$') FROM state WHERE object = 'stele/log' AND field = 'script')"
const tarballName = (name: string, version: string): string =>
  `(SELECT json_extract(CAST(value AS TEXT), '$.sha512') FROM state WHERE object = '/packages/${name}/contents' AND field = '${version}')`

let folder: Folder
let server: Server
let alice: RegistryClient
let uploads: readonly ReturnType<typeof makeUpload>[]

before(async () => {
  folder = await makeFolder('verify')
  server = await startServer({ dir: folder.path })
  alice = await signUp(server.url, 'alice')
  uploads = releases.map(({ name, version }) => makeUpload({ name, version }))
  for (const upload of uploads) assert.equal((await publish(alice, upload)).status, 201)
  await remove(alice, 'gone')
})

after(async () => {
  await server.stop()
  await folder[Symbol.asyncDispose]()
})

suite('stele verify', () => {
  test('stele verify succeeds when nothing was changed', async () => {
    const { code, stdout } = await stele('verify', server.url)
    assert.equal(code, 0, stdout)
    assert.match(stdout, /^Verified: http/)
    assert.match(stdout, /4 tarballs, 3 packages as served/)
    const { verdict, checkpoint, contentsChecked, servedCompared } = (await verify(server.url))
      .report
    assert.deepEqual(
      [verdict, checkpoint?.size, contentsChecked, servedCompared],
      ['verified', 7, 4, 3],
    )
  })

  test('stele verify takes the key that was given, and fails with another', async () => {
    const { report } = await verify(server.url)
    assert.equal((await verify(server.url, '--key', report.key)).code, 0)
    const other = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
    const { code, report: failed } = await verify(server.url, '--key', other)
    assert.equal(code, 1)
    assert.match(
      failed.findings[0]?.message ?? '',
      /^The key that you gave is not one of this log: you gave example\.com/,
    )
  })

  test('stele verify ends with status 2, and says what to give, when it was typed wrongly', async () => {
    const wrong: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [['--key', 'abc', server.url], /^--key "abc": must be the log's key, a line like .* 64 hex/],
      [['--since', 'never', server.url], /^--since "never"/],
      [['--call-timeout', 'x', server.url], /^--call-timeout "x"/],
      [['--nokey', server.url], /^Unknown option --nokey/],
      [[server.dir], /^The folder ".*" holds no log\. Its log is in ".*public": give that/],
    ]
    for (const [args, said] of wrong) {
      const { code, stderr } = await stele('verify', ...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, said)
    }
    const note = join(folder.path, 'other.note')
    const [root, signature] = [32, 68].map((size) => Buffer.alloc(size, 1).toString('base64'))
    await writeFile(note, `example.com\n5\n${root}\n\n— example.com ${signature}\n`)
    const other = await stele('verify', '--since', note, server.url)
    assert.equal(other.code, 2, other.shown)
    assert.match(other.stderr, /^--since ".*other\.note": is not a checkpoint of this log/)
  })

  test('stele verify cannot reach a server that is not there', async () => {
    const { code, stderr } = await stele('verify', 'http://localhost:1')
    assert.equal(code, 4)
    assert.match(stderr, /^Cannot reach "http:\/\/localhost:1/)
  })
})

suite('stele verify through a proxy that changes answers', () => {
  test('stele verify fails when one byte of any file of the log is changed on the way', async () => {
    for (const path of await pathsAsked()) {
      if (!path.startsWith('/-/log/')) continue
      const { code, report } = await verifyChanged(path, (content) => flipAt(content, 0.5))
      assert.equal(code, 1, path)
      const [finding] = report.findings
      const isNamed = finding?.details.path === path || finding?.details.entry !== null
      assert.ok(isNamed, `${path}: ${finding?.message}`)
    }
  })

  test('stele verify fails when a tarball is changed on the way', async () => {
    for (const path of await pathsAsked()) {
      if (!path.endsWith('.tgz')) continue
      const { code, report } = await verifyChanged(path, (content) => flipAt(content, 0.5))
      assert.equal(code, 1)
      const release = releases.find(({ version }) => path.endsWith(`-${version}.tgz`))
      assert.ok(releases.some(({ entry }) => entry === report.findings[0]?.details.entry))
      assert.ok(release !== undefined)
    }
  })

  test('stele verify fails when a packument is changed on the way', async () => {
    const changes: readonly (readonly [found: string, wanted: string, entry: number])[] = [
      ['"latest":"1.1.0"', '"latest":"1.0.0"', 3],
      ['"version":"1.0.0"', '"version":"1.0.9"', 2],
      ['"integrity":"sha512-', '"integrity":"sha512=', 2],
      ['"1.1.0":"2', '"1.1.0":"3', 3],
    ]
    for (const [found, wanted, entry] of changes) {
      const { code, report } = await verifyChanged('/left', (content) => {
        const text = content.toString()
        assert.ok(text.includes(found), `${found} in ${text}`)
        return Buffer.from(text.replace(found, wanted))
      })
      assert.equal(code, 1, wanted)
      const [finding] = report.findings
      assert.deepEqual([finding?.code, finding?.details.entry], ['served_mismatch', entry], wanted)
    }
  })
})

const isSearch = (path: string): boolean => path.startsWith('/-/v1/search')
const isStars = (path: string): boolean => path.startsWith('/-/_view/starredByUser')
const shownLies: readonly (readonly [
  title: string,
  isAsked: (path: string) => boolean,
  change: readonly [found: RegExp, wanted: string],
  finding: RegExp,
])[] = [
  [
    'the search shows another description',
    isSearch,
    [/"description":"[^"]*"/, '"description":"Use evil instead"'],
    /description in the search/,
  ],
  ['the search adds a keyword', isSearch, [/"keywords":\[/, '"keywords":["x"'], /keywords in the/],
  [
    'the search hides a package',
    isSearch,
    [/"objects":.*\](?=,"total")/, '"objects":[]'],
    /not listed/,
  ],
  ['the packument shows a star', isPackument, [/"users":\{/, '"users":{"mallory":true,'], /users/],
  ['the packument hides a star', isPackument, [/"users":\{"alice":true/, '"users":{'], /users/],
  [
    'an account has other stars',
    isStars,
    [/"value":"left"/, '"value":"gone"'],
    /the stars of "alice"/,
  ],
  [
    'the packument has another readme',
    isPackument,
    [/"readme":"/, '"readme":"Run: '],
    /readme at the/,
  ],
  [
    'the packument names another maintainer',
    isPackument,
    [/"maintainers":\[\{"name":"alice"/, '"maintainers":[{"name":"mallory"'],
    /maintainers/,
  ],
  [
    '"latest" is another version',
    (path) => path === '/left/latest',
    [/"version":"1\.1\.0"/, '"version":"1.0.0"'],
    /manifest as "latest"/,
  ],
]

function isPackument(path: string): boolean {
  return path === '/left'
}

suite('stele verify through a proxy that lies about what people read', () => {
  before(async () => {
    const { json } = await alice.send('GET', '/left')
    const starred = { ...Object(json), users: { alice: true } }
    assert.equal((await alice.send('PUT', '/left', starred)).status, 200)
    assert.equal((await verify(server.url)).code, 0)
  })
  for (const [title, isAsked, [found, wanted], finding] of shownLies) {
    test(`stele verify fails when ${title}`, async () => {
      let changes = 0
      const alter = (path: string, body: Buffer): Buffer => {
        if (!isAsked(path)) return body
        return changeBody(body, (content) => {
          const changed = content.toString().replace(found, wanted)
          if (changed !== content.toString()) changes++
          return Buffer.from(changed)
        })
      }
      await using proxy = await startProxy(server.url, { alter })
      const { code, report } = await verify(proxy.url)
      assert.ok(changes > 0, 'nothing was changed')
      assert.equal(code, 1)
      assert.match(report.findings.map(({ message }) => message).join('\n'), finding)
    })
  }
})

suite('stele verify of a server whose database was changed', () => {
  const cases: readonly (readonly [title: string, change: Change, entry: number])[] = [
    ['another body', flipIn('entry', 'body', 'number = 2'), 2],
    ['other effects', flipIn('entry', 'effects', 'number = 3'), 3],
    ['another value', flipIn('entry', 'value', 'number = 4'), 4],
    ['no body', sql('UPDATE entry SET body = NULL WHERE number = 3'), 3],
    ['another leaf', flipIn('entry', 'leaf', 'number = 4'), 4],
    ['another leaf hash', flipIn('entry', 'hash', 'number = 3'), 3],
    ['another script', flipIn('blob', 'bytes', `name = ${scriptName}`), 0],
    ['another tarball', flipIn('blob', 'bytes', `name = ${tarballName('left', '1.1.0')}`), 3],
    ['no tarball', sql(`DELETE FROM blob WHERE name = ${tarballName('left', '1.0.0')}`), 2],
    ['another time', sql(`UPDATE view_versions SET time_ms = 1 WHERE version = '2.0.0'`), 4],
    ['no view of a version', sql(`DELETE FROM view_versions WHERE version = '1.1.0'`), 3],
    [
      'other dependencies in its views',
      sql(
        `UPDATE view_versions SET "full" = replace("full", '"version":"2.0.0"', '"version":"2.0.0","dependencies":{"evil":"*"}')`,
      ),
      4,
    ],
    [
      'a tag that was moved',
      sql(`UPDATE state SET value = CAST('1.0.0' AS BLOB) WHERE object = '/packages/left/tags'`),
      3,
    ],
  ]
  for (const [title, change, entry] of cases) {
    test(`stele verify names entry ${entry} when the database holds ${title}`, async () => {
      await withChangedDatabase(change, async (url) => {
        const { code, report } = await verify(url)
        assert.equal(code, 1)
        const [finding] = report.findings
        assert.equal(finding?.details.entry, entry, finding?.message)
      })
    })
  }
})

suite('stele verify after a takedown', () => {
  test('stele verify excepts what was taken down, with exit status 3', async () => {
    const [first] = uploads
    assert.ok(first !== undefined)
    const sha512 = Buffer.from(first.integrity.slice('sha512-'.length), 'base64').toString('hex')
    const reason = ['--reason', 'asked for', '--dir', server.dir]
    const taken = await stele('takedown', sha512, '--yes', ...reason)
    assert.equal(taken.code, 0, taken.shown)
    const { code, report } = await verify(server.url)
    assert.deepEqual([code, report.verdict, report.findings], [3, 'verified_except', []])
    assert.deepEqual(
      report.exceptions.map(({ from, unchecked }) => [from, unchecked]),
      [[2, 'content']],
    )

    assert.equal((await stele('takedown', '3', '--part', 'body', '--yes', ...reason)).code, 0)
    const later = await verify(server.url)
    assert.equal(later.code, 3)
    assert.deepEqual(
      later.report.exceptions.map(({ from, unchecked }) => [from, unchecked]),
      [
        [2, 'content'],
        [3, 'rule'],
      ],
    )
    const { stdout } = await stele('verify', server.url)
    assert.match(stdout, /^Verified except 2 entries/)
    assert.match(stdout, /Entry 3: transition checked, rule not checked/)
  })
})

function stele(...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  return runProgram(process.execPath, [mainFile, ...args], { cwd: folder.path, env })
}

async function verify(
  ...args: readonly string[]
): Promise<{ code: number | null; report: Report }> {
  const { code, stdout, shown } = await stele('verify', '--json', '--forget', ...args)
  assert.match(stdout, /^\{"verdict":/, shown)
  return { code, report: JSON.parse(stdout) }
}

/** Every path that a verification asks for. */
async function pathsAsked(): Promise<readonly string[]> {
  await using proxy = await startProxy(server.url)
  assert.equal((await verify(proxy.url)).code, 0)
  return [...new Set(proxy.answered.filter(({ status }) => status === 200).map(({ path }) => path))]
}

async function verifyChanged(
  path: string,
  change: (body: Buffer) => Buffer,
): Promise<{ code: number | null; report: Report }> {
  const alter = (asked: string, body: Buffer): Buffer =>
    asked === path ? changeBody(body, change) : body
  await using proxy = await startProxy(server.url, { alter })
  return await verify(proxy.url)
}

/** Changes the database of the stopped server, starts one over it, and puts everything back. */
async function withChangedDatabase(
  change: Change,
  check: (url: string) => Promise<void>,
): Promise<void> {
  await server.stop()
  const db = new DatabaseSync(join(folder.path, 'stele.db'))
  const saved = join(folder.path, 'saved.db')
  db.exec(`VACUUM INTO '${saved}'`)
  change(db)
  db.close()
  server = await startServer({ dir: folder.path })
  try {
    await check(server.url)
  } finally {
    await server.stop()
    await restoreDatabase(saved)
    server = await startServer({ dir: folder.path })
  }
}

async function restoreDatabase(saved: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) {
    await rm(join(folder.path, `stele.db${end}`), { force: true })
  }
  await rename(saved, join(folder.path, 'stele.db'))
}

/** A change that must touch at least one row. */
function sql(statement: string): Change {
  return (db) => assert.ok(Number(db.prepare(statement).run().changes) > 0, statement)
}

/** One bit in the middle of a column's bytes. */
function flipIn(table: string, column: string, where: string): Change {
  return (db) => {
    const row = db.prepare(`SELECT ${column} AS bytes FROM ${table} WHERE ${where}`).get()
    const bytes = row?.['bytes']
    assert.ok(bytes instanceof Uint8Array && bytes.length > 0, where)
    const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`)
    assert.equal(Number(update.run(flipAt(Buffer.from(bytes), 0.5)).changes), 1)
  }
}

async function remove(client: RegistryClient, name: string): Promise<void> {
  const { json } = await client.send('GET', `/${name}`)
  const { status } = await client.send('DELETE', `/${name}/-rev/${String(memberOf(json, '_rev'))}`)
  assert.ok(status < 300, `${status}`)
}

function flipAt(body: Buffer, part: number): Buffer {
  const changed = Buffer.from(body)
  const at = Math.floor((changed.length - 1) * part)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

/** Changes what a body says, also where it travels compressed. */
function changeBody(body: Buffer, change: (content: Buffer) => Buffer): Buffer {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b
  return isGzip ? gzipSync(change(gunzipSync(body))) : change(body)
}

suite('stele verify of a static copy', () => {
  test('stele verify reads a folder and a static server as a copy of the log, and says so', async () => {
    const copy = join(folder.path, 'copy')
    await cp(join(server.dir, 'public'), copy, { recursive: true })
    const { code, stdout } = await stele('verify', '--forget', copy)
    assert.equal(code, 3, stdout) // What was taken down above.
    assert.match(stdout, /static copy of the log: what npm is served was not compared/)
    await using statics = await startStatic(copy)
    const { report } = await verify(statics.url)
    assert.deepEqual([report.verdict, report.findings], ['verified_except', []])
  })
})

suite('stele verify on another day', () => {
  test('stele verify goes on from what it kept, and finds an older registry', async () => {
    const first = await stele('verify', '--forget', server.url)
    assert.equal(first.code, 3)
    const again = await stele('verify', server.url)
    assert.match(again.stdout, /\(0 of them new\)/)
    assert.match(again.stdout, /seen before +\d+ entries/)
    const known = await stele('verify', '--json', server.url)
    const { note } = JSON.parse(known.stdout).checkpoint
    assert.match(again.stdout, new RegExp(escapeLines(note)))

    const out = join(folder.path, 'report.json')
    const fingerprint = /SHA-256 ([0-9a-f]{64})/.exec(again.stdout)?.[1] ?? ''
    const given = await stele('verify', '--key', fingerprint, '--out', out, server.url)
    assert.equal(given.code, 3, given.shown)
    assert.equal(JSON.parse(await readFile(out, 'utf8')).checkpoint.note, note)
  })

  test('stele verify reads all of a copy at another place, and both places keep what they had', async () => {
    assert.equal((await stele('verify', server.url)).code, 3)
    const copy = join(folder.path, 'another-copy')
    await cp(join(server.dir, 'public'), copy, { recursive: true })
    const first = await stele('verify', copy)
    assert.equal(first.code, 3, first.shown)
    assert.match(first.stdout, new RegExp(`seen before .* at ${server.url}\\n`))
    assert.match(first.stdout, /replayed +\d+ entries, \d+ calls/)
    assert.match(first.stdout, /compared +3 tarballs; nothing that is served/)
    for (const [place, count] of [
      [copy, 3],
      [server.url, 3],
    ] as const) {
      const again = await stele('verify', place)
      assert.match(again.stdout, /replayed +\d+ entries \(0 of them new\)/)
      assert.match(
        again.stdout,
        new RegExp(`${count} tarballs \\(0 of them now, the others earlier`),
      )
    }
    const tarball = await findTarball(copy)
    await writeFile(tarball, flipAt(await readFile(tarball), 0.5))
    const third = join(folder.path, 'a-third-copy')
    await rename(copy, third)
    const failed = await stele('verify', third)
    assert.equal(failed.code, 1, failed.shown)
    assert.match(failed.stdout, /blob/)
  })

  test('stele verify says so, and changes no verdict, when nothing can be kept', async () => {
    const env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: '',
      XDG_CONFIG_HOME: '/proc/none',
      XDG_CACHE_HOME: '/proc/none',
    }
    const { code, stdout, shown } = await runProgram(
      process.execPath,
      [mainFile, 'verify', server.url],
      {
        cwd: folder.path,
        env,
      },
    )
    assert.equal(code, 3, shown)
    assert.match(stdout, /Note: What was verified could not be kept: /)
  })

  test('stele verify saves both checkpoints when the history is another', async () => {
    const kept = join(folder.path, '.config', 'stele', 'logs')
    const [name = ''] = await readdir(kept)
    const file = JSON.parse(await readFile(join(kept, name), 'utf8'))
    const root = Buffer.alloc(32, 7).toString('base64')
    file.note = file.note.replace(file.root, root)
    file.root = root
    await writeFile(join(kept, name), JSON.stringify({ ...file, snapshot: null }))
    const { code, stdout } = await stele('verify', server.url)
    assert.equal(code, 1, stdout)
    assert.match(stdout, /This is another history than the one that was verified on/)
    const [, saved = ''] = /Saved as evidence: (\S+forks\S+)/.exec(stdout) ?? []
    assert.deepEqual((await readdir(saved)).toSorted(), ['found.note', 'seen.note'])
  })
})

/** A tarball that was not taken down, in a copy of the public folder. */
async function findTarball(copy: string): Promise<string> {
  const upload = uploads[2]
  assert.ok(upload !== undefined)
  const sha512 = Buffer.from(upload.integrity.slice('sha512-'.length), 'base64').toString('hex')
  const paths = await readdir(copy, { recursive: true })
  const path = paths.find((one) => one.endsWith(sha512))
  assert.ok(path !== undefined)
  return join(copy, path)
}

/** The note's lines as the report indents them. */
function escapeLines(note: string): string {
  const lines = note.trimEnd().split('\n')
  return lines.map((line) => ` {4}${line.replaceAll(/[+.*/]/g, '\\$&')}`).join('\n')
}

/** A web server that knows files alone. */
async function startStatic(root: string): Promise<AsyncDisposable & { readonly url: string }> {
  const web = createServer((request, response) => {
    readFile(join(root, new URL(request.url ?? '/', 'http://x').pathname)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const address = web.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  }
}
