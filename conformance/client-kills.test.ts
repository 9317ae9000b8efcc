// Installations that are killed at any moment, alone and two at a time: the next one makes everything whole.
import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import {
  environmentIn,
  killStele,
  type MadePackage,
  runStele,
  seenIn,
  startMade,
  writeProject,
} from './client-trials.ts'
import { roundsOf } from './rounds.ts'
import { makeFolder } from './temporary-folder.ts'

const rounds = roundsOf({ modest: 4, full: 100 })
const count = 24
/** Each with two versions, each needing its neighbours: so that layouts differ, and there are circles. */
const packages: readonly MadePackage[] = Array.from({ length: count }, (_, at) =>
  ['1.0.0', '2.0.0'].map((version) => ({
    name: `p${at}`,
    version,
    bin: { [`run${at}`]: 'run.js' },
    dependencies: {
      [`p${(at + 1) % count}`]: version,
      [`p${(at * 7 + 3) % count}`]: at % 3 === 0 ? '1.0.0' : version,
    },
    files: {
      'index.js': `exports.id = 'p${at}@${version}'\n`,
      'run.js': '#!/usr/bin/env node\n',
      ...Object.fromEntries(
        Array.from({ length: 8 }, (_, file) => [
          `lib/${file}/file.js`,
          `${at}.${file}\n`.repeat(200),
        ]),
      ),
    },
  })),
).flat()
const dependencies = { p0: '1.0.0', p1: '2.0.0', p12: '1.0.0' }
const layouts = ['global', 'hoisted', 'project'] as const

suite('stele install, killed', { concurrency: 1 }, () => {
  for (const isDouble of [false, true]) {
    const what = isDouble ? 'two installations in one project' : 'an installation'
    test(`is made whole by the next one, ${rounds} times, after ${what}`, async () => {
      await using registry = await startMade(packages)
      await using folder = await makeFolder('kills')
      const root = writeProject(folder.path, dependencies)
      const options = { cwd: root, env: environmentIn(folder.path, registry.url) }
      const expected = new Map<string, readonly string[]>()
      for (const layout of layouts) {
        rmSync(join(root, 'node_modules'), { recursive: true, force: true })
        const { code, shown } = await runStele(['install', '--layout', layout], options)
        assert.equal(code, 0, shown)
        expected.set(layout, seenIn(root))
      }
      const startMs = performance.now()
      await runStele(['install', '--layout', 'global'], options)
      const tookMs = performance.now() - startMs
      for (let round = 0; round < rounds; round++) {
        const layout = layouts[round % layouts.length] ?? 'global'
        // Half of the rounds begin with nothing, the others change the layout.
        if (round % 2 === 0) rmSync(join(folder.path, 'data'), { recursive: true, force: true })
        const afterMs = tookMs * (0.3 + 1.7 * Math.random())
        const args = ['install', '--layout', layout]
        const others = ['install', '--layout', layouts[(round + 1) % layouts.length] ?? 'global']
        await Promise.all([
          killStele(args, options, afterMs),
          ...(isDouble ? [killStele(others, options, afterMs * 1.3)] : []),
        ])
        const { code, shown } = await runStele(args, options)
        const when = `round ${round}, ${layout}, killed after ${Math.round(afterMs)} ms`
        assert.equal(code, 0, `${when}: ${shown}`)
        assert.deepEqual(differences(seenIn(root), expected.get(layout) ?? []), [], when)
      }
      const verified = await runStele(['store', 'verify'], options)
      assert.equal(verified.code, 0, verified.shown)
      await runStele(['store', 'prune'], options)
      assert.deepEqual(readdirSync(join(folder.path, 'data/stele/store/v1/staging')), [])
    })
  }
})

/** The first few lines that only one of them has. */
function differences(found: readonly string[], wanted: readonly string[]): readonly string[] {
  const [one, other] = [new Set(found), new Set(wanted)]
  const more = [...one.difference(other)].map((line) => `+ ${line}`)
  const less = [...other.difference(one)].map((line) => `- ${line}`)
  return [...more, ...less].slice(0, 10)
}
