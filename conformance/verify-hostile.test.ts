// Logs and servers made to harm whoever verifies them: another log at a known address, scripts that do not end, and interpreters
// that somebody allowed with --engine and should not have. `stele verify` ends in time, within its limits, and says why.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import type { Executor } from '../packages/entries/src/public/calls.ts'
import { engineBlobs, engines } from '../packages/host/src/index.ts'
import { LogBuilder } from '../packages/testkit/src/log-builder.ts'
import { peakBytes } from './peak-memory.ts'
import { type Finished, runProgram, spawnOwn } from './processes.ts'
import { mainFile } from './server.ts'
import { startFiles } from './static-files.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

const origin = 'registry.example'

/** Writes what it is told to, and runs nothing: the operator of such a log does not, either. */
function createExecutor(): Executor {
  return {
    init: () => ({ ok: true, changes: 0, writes: [] }),
    call: ({ args }) => ({ ok: true, changes: 0, writes: [], result: args.length }),
  }
}

function stele(folder: Folder, ...args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'], HOME: folder.path }
  return runProgram(process.execPath, [mainFile, ...args], { cwd: folder.path, env })
}

/** A log of this release's engine, whose calls say what they say. */
function newLog(
  calls: number,
  options: { script?: string; keySeed?: string; text?: string } = {},
): LogBuilder {
  const { text = 'x', ...rest } = options
  const [engine, ...parts] = engineBlobs(engines.fresh)
  assert.ok(engine !== undefined)
  const log = new LogBuilder({
    origin,
    createExecutor,
    engine: Buffer.from(engine).toString(),
    ...rest,
  })
  for (const part of parts) log.addBlob(part)
  for (let call = 0; call < calls; call++) log.call('bob', 'put', [text])
  return log
}

/** Does what createExecutor() says, in QuickJS. */
const honest = 'exports.put = (...args) => JSON.stringify(args).length'

suite('stele verify of a known address that serves something else', () => {
  const others: readonly (readonly [title: string, other: LogBuilder, found: RegExp])[] = [
    [
      'another log with another key',
      newLog(5, { script: honest, keySeed: 'other' }),
      /is not the log that was verified here/,
    ],
    [
      'another history under the same key',
      newLog(9, { script: honest, text: 'y' }),
      /This is another history/,
    ],
  ]
  for (const [title, other, found] of others) {
    test(`stele verify fails above all, and saves both checkpoints, when there is ${title}`, async () => {
      await using folder = await makeFolder('replaced')
      await using web = await startFiles(newLog(4, { script: honest }).files())
      const first = await stele(folder, 'verify', web.url)
      assert.equal(first.code, 3, first.shown) // Nobody has vouched for its script.
      const seen = noteIn(first.stdout)
      web.show(other.files())
      for (const flags of [[], ['--fresh']]) {
        const { code, stdout, shown } = await stele(folder, 'verify', web.url, ...flags)
        assert.equal(code, 1, shown)
        const [verdict, finding = ''] = stdout.split('\n')
        assert.match(verdict ?? '', /^FAILED: /)
        assert.match(finding, found)
        const [, saved = ''] = /Saved as evidence: (\S+forks\S+)/.exec(stdout) ?? []
        const notes = await Promise.all(
          ['seen', 'found'].map((name) => readFile(join(saved, `${name}.note`), 'utf8')),
        )
        assert.deepEqual(notes, [seen, other.sign().checkpoint])
      }
      // What was known is known still.
      web.show(newLog(4, { script: honest }).files())
      const again = await stele(folder, 'verify', web.url)
      assert.equal(again.code, 3, again.shown)
      assert.match(again.stdout, /seen before +5 entries/)
    })
  }
})

/** The signed note at the end of a report. */
function noteIn(report: string): string {
  const [, lines = ''] = report.split('The signed checkpoint (--out keeps it with the report):\n')
  return lines.replaceAll(/^ {4}/gm, '')
}

const endless: readonly (readonly [title: string, script: string, code: number, said: RegExp])[] = [
  [
    'sorts for ever, which nothing counts',
    `const [a, b] = ['x'.repeat(4e6), 'x'.repeat(2e6) + 'x'.repeat(2e6)]
    const list = Array.from({ length: 500 }, (_, at) => (at % 2 ? a : b))
    exports.put = () => { for (;;) list.sort() }`,
    4,
    /^Cannot verify ".*" on this machine: entry 1 ran longer than 2 seconds \(--call-timeout allows more\)\n.*\n$/,
  ],
  [
    'loops, which is counted',
    'exports.put = () => { for (;;); }',
    1,
    /^FAILED.*\n +Entry 1 does not verify: its effects: .*"message":"gas","name":"trap"/,
  ],
  [
    'loops while it is loaded',
    'for (;;);',
    1,
    /^FAILED.*\n +Entry 0 does not verify: what it runs: found .*the limit "gas"/,
  ],
]

suite('stele verify of a script that does not end', () => {
  for (const [title, script, expected, said] of endless) {
    test(`stele verify ends with status ${expected} when a script ${title}`, async () => {
      await using folder = await makeFolder('endless')
      const copy = await write(folder, newLog(1, { script }))
      const { code, shown } = await stele(folder, 'verify', copy, '--call-timeout', '2')
      assert.equal(code, expected, shown)
      assert.match(shown, said)
    })
  }
})

/** Pieces of the WebAssembly binary format: sections, and one function that is run at the start. */
const wasm = {
  module: (...sections: number[][]) =>
    Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]),
  section: (id: number, ...content: number[]) => [id, content.length, ...content],
  text: (text: string) => [text.length, ...Buffer.from(text)],
}
const { module: moduleOf, section, text } = wasm
const noArguments = section(1, 1, 0x60, 0, 0)
const importedMemory = section(2, 1, ...text('env'), ...text('memory'), 2, 0, 1)
const [oneFunction, start] = [section(3, 1, 0), section(8, 0)]
const code = (...body: number[]): number[] => section(10, 1, body.length + 2, 0, ...body, 0x0b)
const forever = [0x03, 0x40, 0x0c, 0x00, 0x0b]
const bytesOf = (hex: string): number[] => [...Buffer.from(hex.replaceAll(' ', ''), 'hex')]
/** Loop: grow by 16 pages and write into the last; go on while that works. */
const growing = bytesOf(
  '03 40 41 10 40 00 41 7f 47 04 40 3f 00 41 10 74 41 04 6b 41 01 36 02 00 0c 01 0b 0b',
)
/** Loop: grow the table by 65,536; go on while that works. */
const growingTable = bytesOf('03 40 d0 70 41 80 80 04 fc 0f 00 41 7f 47 0d 00 0b')

const hostile: readonly (readonly [title: string, wasm: Uint8Array, said: RegExp])[] = [
  [
    'loops while it is made',
    moduleOf(noArguments, oneFunction, start, code(...forever)),
    /^Cannot verify .*: entry 0 ran longer than 2 seconds/,
  ],
  [
    'takes all memory that it is given, and loops',
    moduleOf(noArguments, importedMemory, oneFunction, start, code(...growing, ...forever)),
    /^Cannot verify .*: entry 0 ran longer than 2 seconds/,
  ],
  [
    'grows its table as far as it can, and loops',
    moduleOf(
      noArguments,
      oneFunction,
      section(4, 1, 0x70, 0, 1),
      start,
      code(...growingTable, ...forever),
    ),
    /^Cannot verify .*: entry 0 ran longer than 2 seconds/,
  ],
  [
    'traps while it is made',
    moduleOf(noArguments, oneFunction, start, code(0x00)),
    /^Cannot verify .*: the interpreter that its log names does not start: unreachable/,
  ],
  [
    'imports what there is not',
    moduleOf(noArguments, section(2, 1, ...text('env'), ...text('evil'), 0, 0)),
    /does not start: .*evil/,
  ],
  ['exports nothing', moduleOf(), /does not start: The wasm has no export/],
  ['is no module', Buffer.from('hello, world'), /^FAILED|Cannot run the engine/],
  [
    'brings 4 GiB of memory',
    moduleOf(section(5, 1, 0, 0x80, 0x80, 4)),
    /Cannot run the engine .*: its wasm has a memory of its own/,
  ],
  [
    'has a table of ten million',
    moduleOf(section(4, 1, 0x70, 0, 0x80, 0xad, 0xe2, 4)),
    /Cannot run the engine .*more than one table/,
  ],
]

suite('stele verify of an interpreter that was allowed and should not have been', () => {
  for (const [title, bytes, said] of hostile) {
    test(`stele verify ends in time and within its memory when the interpreter ${title}`, async () => {
      await using folder = await makeFolder('hostile')
      const { log, engine } = withInterpreter(bytes)
      const copy = await write(folder, log)
      const refused = await stele(folder, 'verify', copy)
      assert.equal(refused.code, 4, refused.shown)
      assert.match(refused.stderr, /^Cannot run the engine .*none of those that this release knows/)
      const env = { PATH: process.env['PATH'], HOME: folder.path }
      const args = [mainFile, 'verify', copy, '--engine', engine, '--call-timeout', '2']
      const peak = await peakBytes(spawnOwn(process.execPath, args, { cwd: folder.path, env }))
      const shown = peak.stdout + peak.stderr
      assert.match(shown, said)
      assert.equal(peak.code, shown.startsWith('FAILED') ? 1 : 4, shown)
      assert.ok(peak.bytes < 400 * 1024 * 1024, `${peak.bytes} bytes`)
    })
  }
})

/** A log that runs by this interpreter, and the name of its engine. */
function withInterpreter(interpreter: Uint8Array): { log: LogBuilder; engine: string } {
  const [own, ...parts] = engineBlobs(engines.fresh)
  const blob = JSON.parse(Buffer.from(own ?? []).toString())
  const described = parts
    .map((part) => Buffer.from(part).toString())
    .find((one) => one.startsWith('{'))
  assert.ok(described !== undefined)
  const names = JSON.parse(described)
  const changed = JSON.stringify({
    ...names,
    importsFrom: 'env',
    imports: { ...names.imports, memory: 'memory' },
    layout: { ...names.layout, initialPages: 1 },
  })
  blob.parts.wasm = hash('sha512', interpreter)
  blob.parts.interface = hash('sha512', changed)
  const engine = JSON.stringify(blob)
  const log = new LogBuilder({ origin, createExecutor, engine, script: honest })
  for (const part of [interpreter, Buffer.from(changed), ...parts]) log.addBlob(part)
  return { log, engine: hash('sha512', engine) }
}

/** The log's public folder. */
async function write(folder: Folder, log: LogBuilder): Promise<string> {
  const copy = join(folder.path, 'copy')
  for (const [path, bytes] of log.files()) {
    const file = join(copy, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes)
  }
  assert.ok((await readdir(copy)).includes('-'))
  return copy
}
