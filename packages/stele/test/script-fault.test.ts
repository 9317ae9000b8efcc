// What is said of a script that cannot be loaded.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { describeFault } from '../src/commands/script-fault.ts'

const syntax = "SyntaxError: expecting ';'"
const rows: readonly (readonly [script: string, reason: string, added: RegExp])[] = [
  ['let a\nlet b = (\nlet c', syntax, /^ \(a\.js, line 3: let c\)$/],
  ['let a\n} catch (e) {}', syntax, /^ \(a\.js, line 2: \} catch \(e\) \{\}\)$/],
  ["import fs from 'fs'", syntax, /line 1: import .*\)\. A script is CommonJS/],
  ['\nexport const a = 1', syntax, /line 2: export .*\)\. A script is CommonJS/],
  ['let \u001b[2J', syntax, /^ \(a\.js, line 1: let \\u001b\[2J\)$/],
  [`(${'x'.repeat(500)} y`, syntax, /^.{1,110}$/],
  ['let a = 1', syntax, /^$/], // Node has nothing against it.
  ['while (true);', 'it exceeds the limit "gas"', /^: it ran for too long while it was loaded$/],
  ["require('fs')", "ReferenceError: 'require' is not defined", /no "require"$/],
]

suite('describeFault()', () => {
  for (const [script, reason, added] of rows) {
    test(`describeFault() adds ${added} to "${reason}" for ${JSON.stringify(script).slice(0, 60)}`, () => {
      assert.match(describeFault(script, reason, 'a.js'), added)
    })
  }
})
