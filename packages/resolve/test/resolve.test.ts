import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSteleError } from '@stele/errors'
import fc from 'fast-check'
import { roundsOf } from '../../testkit/src/rounds.ts'
import { absentVersion } from '../src/failures.ts'
import { Overrides } from '../src/overrides.ts'
import { parseOverrides } from '../src/parse-overrides.ts'
import { resolve } from '../src/resolve.ts'
import { linesOf } from './lines-of.ts'
import { type MadeRegistry, portsOf, wanting } from './made-registry.ts'

async function resolved(
  made: MadeRegistry,
  wanted: { readonly [name: string]: string },
): Promise<readonly string[]> {
  const { graph } = await resolve([wanting(wanted)], portsOf(made))
  return linesOf(graph)
}

type Row = {
  readonly what: string
  readonly made: MadeRegistry
  readonly wanted: { readonly [name: string]: string }
  readonly lines: readonly string[]
}
const react = { '18.0.0': {}, '19.0.0': {} }
const rows: readonly Row[] = [
  {
    what: 'follows dependencies to their ends, circles too',
    made: {
      a: { '1.0.0': { dependencies: { b: '*' } } },
      b: { '1.0.0': { dependencies: { a: '*', b: '*' } } },
    },
    wanted: { a: '^1.0.0' },
    lines: ['.: a@1.0.0', 'a@1.0.0: b@1.0.0', 'b@1.0.0: a@1.0.0 b@1.0.0'],
  },
  {
    what: 'takes the version of the project itself where that fits',
    made: {
      a: { '1.0.0': { dependencies: { b: '^1.0.0', c: '^1.0.0' } } },
      b: { '1.0.0': {}, '1.1.0': {} },
      c: { '1.0.0': {}, '1.1.0': {} },
    },
    wanted: { a: '*', b: '1.0.0' },
    lines: ['.: a@1.0.0 b@1.0.0', 'a@1.0.0: b@1.0.0 c@1.1.0', 'b@1.0.0:', 'c@1.1.0:'],
  },
  {
    what: 'knows an alias by its own name',
    made: { a: { '1.0.0': {}, '2.0.0': {} } },
    wanted: { a: '1', old: 'npm:a@2' },
    lines: ['.: a@1.0.0 old=a@2.0.0', 'a@1.0.0:', 'a@2.0.0:'],
  },
  {
    what: 'gives a package the peer of whoever depends on it',
    made: { react, dom: { '1.0.0': { peerDependencies: { react: '*' } } } },
    wanted: { dom: '*', react: '18' },
    lines: [
      '.: dom@1.0.0(react@18.0.0) react@18.0.0',
      'dom@1.0.0(react@18.0.0): react@18.0.0',
      'react@18.0.0:',
    ],
  },
  {
    what: 'makes an instance for each different peer',
    made: {
      react,
      dom: { '1.0.0': { peerDependencies: { react: '*' } } },
      old: { '1.0.0': { dependencies: { react: '18', dom: '*' } } },
    },
    wanted: { dom: '*', react: '19', old: '*' },
    lines: [
      '.: dom@1.0.0(react@19.0.0) old@1.0.0 react@19.0.0',
      'dom@1.0.0(react@18.0.0): react@18.0.0',
      'dom@1.0.0(react@19.0.0): react@19.0.0',
      'old@1.0.0: dom@1.0.0(react@18.0.0) react@18.0.0',
      'react@18.0.0:',
      'react@19.0.0:',
    ],
  },
  {
    what: 'hands peers through packages that do not speak of them',
    made: {
      react,
      dom: { '1.0.0': { peerDependencies: { react: '*' } } },
      kit: { '1.0.0': { dependencies: { dom: '*' } } },
    },
    wanted: { kit: '*', react: '19' },
    lines: [
      '.: kit@1.0.0(react@19.0.0) react@19.0.0',
      'dom@1.0.0(react@19.0.0): react@19.0.0',
      'kit@1.0.0(react@19.0.0): dom@1.0.0(react@19.0.0)',
      'react@19.0.0:',
    ],
  },
  {
    what: 'adds a peer that nobody provides, in a version that suits all who want it',
    made: {
      react,
      one: { '1.0.0': { peerDependencies: { react: '18 || 19' } } },
      two: { '1.0.0': { peerDependencies: { react: '^17 || ^18' } } },
    },
    wanted: { one: '*', two: '*' },
    lines: [
      '.: one@1.0.0(react@18.0.0) two@1.0.0(react@18.0.0)',
      'one@1.0.0(react@18.0.0): react@18.0.0',
      'react@18.0.0:',
      'two@1.0.0(react@18.0.0): react@18.0.0',
    ],
  },
  {
    what: 'adds the peers of peers, which find what the project has',
    made: {
      react,
      dom: { '1.0.0': { peerDependencies: { react: '*' } } },
      kit: { '1.0.0': { peerDependencies: { dom: '*' } } },
    },
    wanted: { kit: '*', react: '18' },
    lines: [
      '.: kit@1.0.0(dom@1.0.0)(react@18.0.0) react@18.0.0',
      'dom@1.0.0(react@18.0.0): react@18.0.0',
      'kit@1.0.0(dom@1.0.0)(react@18.0.0): dom@1.0.0(react@18.0.0)',
      'react@18.0.0:',
    ],
  },
  {
    what: 'adds no optional peer, and takes one that is there, also where only the meta data names it',
    made: {
      react,
      one: {
        '1.0.0': {
          peerDependencies: { react: '*' },
          peerDependenciesMeta: { react: { optional: true } },
        },
      },
      two: {
        '1.0.0': { peerDependenciesMeta: { vue: { optional: true }, one: { optional: true } } },
      },
    },
    wanted: { one: '*', two: '*' },
    lines: ['.: one@1.0.0 two@1.0.0(one@1.0.0)', 'one@1.0.0:', 'two@1.0.0(one@1.0.0): one@1.0.0'],
  },
  {
    what: 'tells peers apart that take each other in a circle',
    made: {
      a: { '1.0.0': { peerDependencies: { b: '*', c: '*' } } },
      b: { '1.0.0': { peerDependencies: { a: '*' } } },
      c: { '1.0.0': {} },
    },
    wanted: { a: '*', b: '*', c: '*' },
    lines: [
      '.: a@1.0.0(b@1.0.0)(c@1.0.0) b@1.0.0(a@1.0.0)(c@1.0.0) c@1.0.0',
      'a@1.0.0(b@1.0.0)(c@1.0.0): b@1.0.0(a@1.0.0)(c@1.0.0) c@1.0.0',
      'b@1.0.0(a@1.0.0)(c@1.0.0): a@1.0.0(b@1.0.0)(c@1.0.0)',
      'c@1.0.0:',
    ],
  },
  {
    what: 'leaves out an optional dependency that cannot be had, with all that hangs on it',
    made: {
      a: { '1.0.0': { dependencies: { b: '*' }, optionalDependencies: { c: '*', gone: '*' } } },
      b: { '1.0.0': {} },
      c: { '1.0.0': { dependencies: { d: '*', missing: '1' } } },
      d: { '1.0.0': {} },
    },
    wanted: { a: '*' },
    lines: ['.: a@1.0.0', 'a@1.0.0: b@1.0.0', 'b@1.0.0:'],
  },
  {
    what: 'does not ask for what a package brings along',
    made: {
      a: { '1.0.0': { dependencies: { b: '*', c: '*' }, bundleDependencies: ['b'] } },
      c: { '1.0.0': {} },
    },
    wanted: { a: '*' },
    lines: ['.: a@1.0.0', 'a@1.0.0: c@1.0.0', 'c@1.0.0:'],
  },
]
suite('resolve()', () => {
  for (const { what, made, wanted, lines } of rows) {
    test(what, async () => assert.deepEqual(await resolved(made, wanted), lines))
  }

  test('links packages of the workspace, where their version fits', async () => {
    const made = { b: { '1.0.0': {}, '2.0.0': {} } }
    const root = wanting({ a: 'workspace:^', b: '^2.0.0' })
    const a = wanting({ b: '^1.0.0' }, { folder: 'packages/a', name: 'a' })
    const b = wanting({}, { folder: 'packages/b', name: 'b', version: '1.5.0' })
    const { graph } = await resolve([root, a, b], portsOf(made))
    assert.deepEqual(linesOf(graph), [
      '.: a=link:packages/a b@2.0.0',
      'packages/a: b=link:packages/b',
      'packages/b:',
      'b@2.0.0:',
    ])
  })

  test('gives the package.jsons of a workspace one version of a peer, where that fits', async () => {
    const peer = { name: 'react', specifier: '>=18', kind: 'dependencies', isPeer: true } as const
    const kit = { folder: 'kit', name: 'kit', version: '1.0.0', edges: [peer] }
    const app = wanting({ kit: 'workspace:*', react: '^18.0.0' }, { folder: 'app' })
    const { graph } = await resolve([app, kit], portsOf({ react }))
    assert.deepEqual(linesOf(graph), [
      'app: kit=link:kit react@18.0.0',
      'kit: react@18.0.0',
      'react@18.0.0:',
    ])
  })

  for (const [specifier, message] of [
    ['workspace:^2.0.0', /The workspace has "b" in version 1\.0\.0, which is not "\^2\.0\.0"/],
    ['workspace:other@*', /There is no package "other" in this workspace, wanted by package\.json/],
  ] as const) {
    test(`throws workspace_absent for "${specifier}" where the workspace has b@1.0.0`, async () => {
      const b = wanting({}, { folder: 'b', name: 'b' })
      const failure = resolve([wanting({ b: specifier }), b], portsOf({ b: { '2.0.0': {} } }))
      await assert.rejects(failure, (error) => {
        assert.ok(isSteleError(error, 'workspace_absent'))
        assert.match(error.message, message)
        return true
      })
    })
  }

  test("refuses what is no registry's below a dependency, unless it is allowed or overridden", async () => {
    const made = { a: { '1.0.0': { dependencies: { b: 'github:owner/b' } } }, b: { '1.0.0': {} } }
    const wanted = [wanting({ a: '*' })]
    const other = {
      id: 'b@github:owner/b#1',
      release: { name: 'b', version: '1.0.0', dist: { tarball: '' } },
    }
    const ports = { ...portsOf(made), other: () => Promise.resolve(other) }
    await assert.rejects(resolve(wanted, ports), (error) => {
      assert.ok(isSteleError(error, 'source_refused'))
      assert.deepEqual(error.details.chain, ['.', 'a@1.0.0'])
      return true
    })
    const allowed = await resolve(wanted, ports, { allowsSource: (_, by) => by.name === 'a' })
    assert.deepEqual(linesOf(allowed.graph)[1], 'a@1.0.0: b@github:owner/b#1')
    const overrides = new Overrides(parseOverrides({ b: '1.0.0' }, (_, value) => value))
    const overridden = await resolve(wanted, ports, { overrides })
    assert.deepEqual(linesOf(overridden.graph)[1], 'a@1.0.0: b@1.0.0')
  })

  test('takes the next version where one is refused, and tells the reasons where all are', async () => {
    const made = { a: { '1.0.0': {}, '1.1.0': {}, '1.2.0': {} } }
    const refuseFrom =
      (least: string) =>
      (_: unknown, { version }: { readonly version: string }) =>
        version >= least ? 'is too young' : undefined
    const { graph } = await resolve([wanting({ a: '^1.0.0' })], portsOf(made), {
      refuse: refuseFrom('1.1.0'),
    })
    assert.deepEqual([...graph.packages.keys()], ['a@1.0.0'])
    const all = resolve([wanting({ a: '^1.1.0' })], portsOf(made), { refuse: refuseFrom('1.0.0') })
    await assert.rejects(all, (error) => {
      assert.ok(isSteleError(error, 'version_refused'))
      assert.match(error.message, /1\.2\.0 is too young; 1\.1\.0 is too young/)
      return true
    })
  })

  const optional = { optionalDependencies: { b: '2.0.0' } }
  const pins: readonly (readonly [
    what: string,
    asked: string,
    made: MadeRegistry[string][string],
    isTaken: boolean,
  ])[] = [
    [
      'refuses a young version that a package names exactly',
      '^1.0.0',
      { dependencies: { b: '2.0.0' } },
      false,
    ],
    ['leaves no young version out that a package may do without', '^1.0.0', optional, false],
    ['takes it for a young package that the project names exactly', '2.0.0', optional, true],
    [
      'takes an old version that a package names exactly',
      '^1.0.0',
      { dependencies: { b: '1.0.0' } },
      true,
    ],
  ]
  for (const [what, asked, member, isTaken] of pins) {
    test(what, async () => {
      const made = { a: { '1.0.0': member, '2.0.0': member }, b: { '1.0.0': {}, '2.0.0': {} } }
      const refuse = (_: unknown, { version }: { readonly version: string }) =>
        version === '2.0.0' ? 'is too young' : undefined
      const found = resolve([wanting({ a: asked })], portsOf(made), { refuse })
      if (isTaken) {
        assert.equal((await found).graph.packages.size, 2)
        return
      }
      await assert.rejects(found, (error) => {
        assert.ok(isSteleError(error, 'version_refused'))
        assert.deepEqual(error.details.chain, ['.', 'a@1.0.0'])
        return true
      })
    })
  }

  test('tells of a peer that is not what was wanted', async () => {
    const made = { react, dom: { '1.0.0': { peerDependencies: { react: '^18' } } } }
    const { mismatches } = await resolve([wanting({ dom: '*', react: '19' })], portsOf(made))
    assert.deepEqual(mismatches, [
      { by: 'dom@1.0.0', name: 'react', wanted: '^18', found: 'react@19.0.0' },
    ])
  })

  test('throws the failure that is nearest to a package.json, with the way there', async () => {
    const made = {
      a: { '1.0.0': { dependencies: { b: '*' } } },
      b: { '1.0.0': { dependencies: { c: '^9.0.0' } } },
      c: { '1.0.0': {}, '2.0.0': {} },
      d: { '1.0.0': { dependencies: { c: '^8.0.0' } } },
    }
    await assert.rejects(resolve([wanting({ a: '*', d: '*' })], portsOf(made)), (error) => {
      assert.ok(isSteleError(error, 'version_absent'))
      assert.deepEqual(error.details.chain, ['.', 'd@1.0.0'])
      assert.match(
        error.message,
        /No version of "c" is "\^8\.0\.0", wanted by d@1\.0\.0.*package\.json/,
      )
      assert.deepEqual(error.details.nearest, ['1.0.0', '2.0.0'])
      return true
    })
  })

  // what is wanted, and what is named in its place
  for (const [wanted, nearest] of [
    ['9', ['1.0.0', '1.1.0', '2.0.0']],
    ['^1.2.0', ['1.0.0', '1.1.0', '2.0.0']],
    ['2.0.0-beta.9', ['1.0.0', '1.1.0', '2.0.0-beta.1', '2.0.0', '3.0.0-canary.1']],
    ['nightly', ['beta (2.0.0-beta.1)', 'latest (2.0.0)']],
  ] as const) {
    test(`names ${nearest.join(', ')} where no version is "${wanted}"`, async () => {
      const versions = [
        '1.0.0',
        '1.1.0',
        '2.0.0-beta.1',
        '2.0.0',
        '3.0.0-canary.1',
        '3.0.0-canary.2',
      ]
      const packument = {
        name: 'a',
        'dist-tags': { latest: '2.0.0', beta: '2.0.0-beta.1' },
        versions: Object.fromEntries(
          versions.map((version) => [version, { name: 'a', version, dist: { tarball: '' } }]),
        ),
      }
      const { details } = absentVersion(packument, wanted)
      assert.deepEqual(details.tags ?? details.nearest, nearest)
    })
  }

  test('gives the same graph in whatever order the answers come', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const ranges = fc.constantFrom('*', '^1.0.0', '^2.0.0', '1.0.0')
    const some = fc.dictionary(fc.constantFrom(...names), ranges, { maxKeys: 2 })
    const release = fc.record({
      dependencies: some,
      peerDependencies: some,
      optionalDependencies: some,
    })
    const made = fc.record(
      Object.fromEntries(
        names.map((name) => [
          name,
          fc.record({ '1.0.0': release, '1.1.0': release, '2.0.0': release }),
        ]),
      ),
    )
    const delays = fc.record(Object.fromEntries(names.map((name) => [name, fc.nat({ max: 20 })])))
    await fc.assert(
      fc.asyncProperty(made, some, delays, delays, async (registry, wanted, one, other) => {
        const outcome = async (by: { readonly [name: string]: number }): Promise<unknown> =>
          resolve(
            [wanting(wanted)],
            portsOf(registry, (name) => by[name] ?? 0),
          ).then(
            ({ graph, mismatches }) => [linesOf(graph), mismatches],
            (error: unknown) => String(error),
          )
        assert.deepEqual(await outcome(one), await outcome(other))
      }),
      { numRuns: roundsOf({ modest: 10, full: 200 }) },
    )
  })
})
