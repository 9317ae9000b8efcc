// "nodevms verify" of a service that runs, of its folder and of copies: what fits is verified, and whatever is changed is named.
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { runProgram } from './processes.ts'
import { startProxy } from './recording-proxy.ts'
import { repository } from './server.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'
import { connectForeign, runNodevms, startVm, type VmServer } from './vm-server.ts'

type Report = {
  readonly verdict: string
  readonly findings: readonly {
    readonly code: string
    readonly message: string
    readonly details: { readonly entry: number | null; readonly path?: string; name?: string }
  }[]
}

const script = `
let count = 0
exports.init = async () => { await System.files.mkdir('/kept') }
exports.write = async (name, text) => {
  await System.files.writeFile('/kept/' + name, text)
  return 'result ' + ++count
}
exports.random = () => Math.random()
exports.fail = () => { throw new TypeError('a failure') }
`

/** By their entries: 0 the genesis, then these, then a digest of the memory. */
const calls: readonly (readonly [method: string, ...params: readonly string[]])[] = [
  ['write', 'foo.js', "console.log('Hello, world!')\n"],
  ['random'],
  ['write', 'odd % ü?#', 'odd'],
  ['write', 'x'.repeat(300), 'y'.repeat(20_000)], // A blob of its own.
  ['fail'],
]

let folder: Folder
let server: VmServer
/** A copy of the log, which stays as it is. */
let log: string

before(async () => {
  folder = await makeFolder('vm-verify')
  server = await startVm({ folder: folder.path, script })
  using client = await connectForeign(server.address, 'alice')
  for (const [method, ...params] of calls) await client.call(method, params).catch(() => undefined)
  await server.stop() // All is in the public folder then.
  log = join(folder.path, 'log')
  await cp(join(server.dir, 'public'), log, { recursive: true })
  server = await startVm({ folder: folder.path, script })
})

after(async () => {
  await server.stop()
  await folder[Symbol.asyncDispose]()
})

suite('nodevms verify', () => {
  test('nodevms verify says what it does, and a verdict each for log and files, when all fits', async () => {
    const { code, stdout, stderr } = await verify(server.address)
    assert.equal(code, 0, stdout)
    assert.deepEqual(stderr.split('\n'), [
      `Connecting to http://${server.address}`,
      'Downloading the call log, and replaying its 7 entries',
      'Downloading the files, and comparing all 5',
      '',
    ])
    assert.deepEqual(stdout.split('\n').slice(0, 2), [
      'Call log: verified, 7 entries, 5 calls run again',
      'Files: verified, 5 files and folders as the calls left them',
    ])
  })

  test('nodevms verify takes every way to name a service, its log and its files', async () => {
    const url = `http://${server.address}`
    for (const args of [
      [`ws://${server.address}/`],
      [`${url}/-/log/`],
      [server.address, '--log', log],
      [server.address, '--log', `${url}/-/log/`, '--files', `${url}/-/files/`],
      ['--dir', server.dir, '--files', url],
    ]) {
      const { code, stdout, shown } = await verify(...args)
      assert.equal(code, 0, shown)
      assert.match(stdout, /^Call log: verified.*\nFiles: verified/)
    }
    for (const args of [['--dir', server.dir], [log]]) {
      const { code, stdout, shown } = await verify(...args)
      assert.equal(code, 0, shown)
      assert.match(stdout, /^Call log: verified.*\nFiles: none are here to be compared/)
    }
  })

  test('nodevms verify ends with 2 for what cannot be meant, with 4 for what cannot be reached', async () => {
    const wrong: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [[], /^Say which service/],
      [['ftp://x'], /^"ftp:\/\/x" is not the address of a service/],
      [['./nowhere'], /^There is no folder "\.\/nowhere" here/],
      [[folder.path], /holds no call log/],
      [[server.address, '--dir', server.dir], /^Give a service or --dir, not both/],
      [[server.address, '--key', 'x'], /^--key "x": must be the log's key/],
      [['a', 'b'], /^Too many arguments/],
    ]
    for (const [args, said] of wrong) {
      const { code, stderr } = await verify(...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, said)
    }
    assert.equal((await verify('localhost:1')).code, 4)
    const nowhere = await verify(server.address, '--files', `${server.address}/nowhere`)
    assert.equal(nowhere.code, 4)
    assert.match(
      nowhere.stderr,
      /nowhere\/-\/files\/": status 404, no service shows its files there/,
    )
    assert.doesNotMatch(nowhere.shown, /MISMATCH/)
  })

  test('stele verify says which command is for the service of a script', async () => {
    const file = join(repository, 'packages', 'stele', 'bin', 'stele.cjs')
    const args = [file, 'verify', server.address]
    const env = { PATH: process.env['PATH'], HOME: folder.path }
    const { code, stdout } = await runProgram(process.execPath, args, { cwd: folder.path, env })
    assert.equal(code, 3)
    assert.match(
      stdout,
      /Note: No rules of a registry .* use "stele vm verify http:\/\/localhost:\d+"/,
    )
  })

  test('nodevms verify excepts the entries of a script that was not meant, when one is given', async () => {
    assert.equal((await verify(server.address, '--script', 'script.js')).code, 0)
    await writeFile(join(folder.path, 'other.js'), `${script}// Another one.\n`)
    const { code, stdout } = await verify(server.address, '--script', 'other.js')
    assert.equal(code, 3)
    assert.match(stdout, /^Call log: verified except 7 of 7 entries, /)
    assert.match(stdout, /Entries 0 to 6: not checked in full, nobody has vouched for the script/)
  })

  test('nodevms verify fails when the log at a known address is another one', async () => {
    await using elsewhere = await makeFolder('vm-other')
    const other = await startVm({ folder: elsewhere.path, script })
    const port = other.address.split(':')[1] ?? ''
    assert.equal((await verify(other.address)).code, 0)
    await other.stop()
    const flags = ['--dir', join(elsewhere.path, 'another')]
    await using _third = await startVm({ folder: elsewhere.path, script, flags, port })
    const { code, stdout } = await verify(other.address)
    assert.equal(code, 1)
    assert.match(stdout, /^Call log: MISMATCH\n {2}This is not the log that was verified here/)
    assert.match(stdout, /\nFiles: not compared/)
  })
})

suite('nodevms verify of a log that was changed', () => {
  test('nodevms verify names the entry or the file when one byte of any file of a log is changed', async () => {
    const paths = await readdir(log, { recursive: true, withFileTypes: true })
    const files = paths.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
    assert.ok(files.length > 10)
    for (const file of files) {
      const path = file.slice(log.length)
      if (/\.p\/[1-6]$/.test(path)) continue // Of a smaller tree, and read by nobody.
      if (path.includes('/blob/') && (await readFile(file)).length > 100_000) continue // The interpreter.
      const { code, findings } = await verifyWith(path, (bytes) => flip(bytes, 0.5))
      assert.equal(code, 1, path)
      const [finding] = findings
      assert.ok(
        finding?.details.path === path || typeof finding?.details.entry === 'number',
        `${path}: ${finding?.message}`,
      )
    }
  })

  const cases: readonly (readonly [
    what: string,
    path: RegExp,
    text: string,
    entry: number | null,
  ])[] = [
    ['the script', /\/blob\//, 'exports.random', 0],
    ['an argument', /\/body\//, 'Hello, world!', 1],
    ['who called', /\/body\//, '"account":"alice"', 1],
    ['a result', /\/effects\//, 'result 1', 1],
    ['an error', /\/effects\//, 'a failure', 5],
    ['a file that was written', /\/value\//, 'Hello, world!', 1],
    ['a file that was written as a blob', /\/blob\//, 'y'.repeat(20_000), 4],
    ['the signature of the checkpoint', /\/checkpoint$/, '— localhost/', null],
  ]
  for (const [what, path, text, entry] of cases) {
    test(`nodevms verify says where when a byte is changed in ${what}`, async () => {
      const found = await findFile(path, text)
      const { code, findings } = await verifyWith(found, (bytes) => {
        const at = what.startsWith('the sig') ? bytes.lastIndexOf('=') - 9 : bytes.indexOf(text)
        assert.ok(at >= 0)
        return flip(bytes, at / (bytes.length - 1))
      })
      assert.equal(code, 1)
      assert.equal(findings[0]?.details.entry, entry, findings[0]?.message)
    })
  }
})

suite('nodevms verify of a service whose answers are changed', () => {
  const cases: readonly (readonly [
    what: string,
    path: string,
    change: readonly [string, string],
    said: RegExp,
  ])[] = [
    [
      'a file differs',
      '/-/files/kept/foo.js',
      ['Hello', 'HeLlo'],
      /"\/kept\/foo\.js" is not what the log says \(entry 1\): its bytes from number 15 on: found "Llo/,
    ],
    [
      'a file is hidden',
      '/-/files/kept',
      ['"foo.js",', ''],
      /"\/kept" .* its listing: found no "foo/,
    ],
    ['a file is added', '/-/files/', ['"kept/"', '"kept/","evil.js"'], /"\/" .* found "evil\.js"/],
  ]
  for (const [what, path, [found, wanted], said] of cases) {
    test(`nodevms verify names it when ${what}`, async () => {
      let changes = 0
      const alter = (asked: string, body: Buffer): Buffer => {
        if (asked !== path || !body.includes(found)) return body
        changes++
        return Buffer.from(body.toString().replace(found, wanted))
      }
      await using proxy = await startProxy(`http://${server.address}`, { alter })
      const { code, stdout } = await verify('--forget', proxy.url)
      assert.ok(changes > 0)
      assert.equal(code, 1, stdout)
      assert.match(stdout, /^Call log: verified.*\nFiles: MISMATCH\n/)
      assert.match(stdout, said)
    })
  }

  test('nodevms verify compares plain files in a folder, both ways', async () => {
    const plain = join(folder.path, 'plain')
    await mkdir(join(plain, 'kept', `%+${'x'.repeat(200)}`), { recursive: true })
    const [, , text = ''] = calls[0] ?? []
    await writeFile(join(plain, 'kept', 'foo.js'), text)
    await writeFile(join(plain, 'kept', 'odd %25 ü?#'), 'odd')
    await writeFile(
      join(plain, 'kept', `%+${'x'.repeat(200)}`, 'x'.repeat(100)),
      'y'.repeat(20_000),
    )
    const right = await verify(server.address, '--files', plain)
    assert.equal(right.code, 0, right.shown)
    await writeFile(join(plain, 'kept', 'more'), '')
    const { code, stdout } = await verify(server.address, '--files', plain)
    assert.equal(code, 1)
    assert.match(stdout, /"\/kept" is not what the log says: its listing: found "more"/)
  })
})

function verify(...args: readonly string[]): ReturnType<typeof runNodevms> {
  return runNodevms(folder.path, ['verify', ...args])
}

/** Verifies a copy of the log in which one file is changed. */
async function verifyWith(
  path: string,
  change: (bytes: Buffer) => Buffer,
): Promise<{ readonly code: number | null; readonly findings: Report['findings'] }> {
  const file = join(log, path)
  const bytes = await readFile(file)
  await writeFile(file, change(bytes))
  try {
    const { code, stdout, shown } = await verify('--json', '--forget', log)
    assert.match(stdout, /^\{"verdict":/, shown)
    const report: Report = JSON.parse(stdout)
    return { code, findings: report.findings }
  } finally {
    await writeFile(file, bytes)
  }
}

async function findFile(pattern: RegExp, text: string): Promise<string> {
  for (const one of await readdir(log, { recursive: true, withFileTypes: true })) {
    const file = join(one.parentPath, one.name)
    if (!one.isFile() || !pattern.test(file)) continue
    if ((await readFile(file)).includes(text)) return file.slice(log.length)
  }
  throw new Error(`No file holds ${text}`)
}

function flip(bytes: Buffer, part: number): Buffer {
  const changed = Buffer.from(bytes)
  const at = Math.round((changed.length - 1) * part)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
