// A project that comes from another client: what its lock holds is what `stele install` installs, though the registry has newer versions.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import { clientsFolder, installClients } from './npm-client.ts'
import { runProgram } from './processes.ts'
import { makeProject, type Project } from './stele-client.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

type Manifest = { readonly [member: string]: unknown }
type Releases = readonly (readonly [version: string, manifest?: Manifest])[]

const onC = { dependencies: { c: '^1.0.0' } }
const pinsC = { dependencies: { a: '^1.0.0', c: '1.0.0' } }
const kit = { dependencies: { d: '^1.0.0' }, peerDependencies: { a: '^1.0.0' } }
const other = { os: ['win32'] }
/** The packages when the locks are made. */
const atFirst: { readonly [name: string]: Releases } = {
  a: [
    ['1.0.0', onC],
    ['2.0.0', onC],
  ],
  b: [['1.0.0', pinsC]],
  c: [['1.0.0'], ['1.1.0']],
  d: [['1.0.0']],
  '@s/kit': [['1.0.0', kit]],
  native: [['1.0.0', other]],
}
/** What was published after that: each would be taken without a lock. */
const later: { readonly [name: string]: Releases } = {
  a: [
    ['1.1.0', onC],
    ['2.1.0', onC],
  ],
  b: [['1.1.0', pinsC]],
  c: [['1.2.0']],
  d: [['1.0.1']],
  '@s/kit': [['1.1.0', kit]],
  native: [['1.1.0', other]],
}
const manifest = {
  name: 'app',
  version: '1.0.0',
  dependencies: { '@s/kit': '^1.0.0', a: '^1.0.0', b: '^1.0.0', old: 'npm:a@^2.0.0' },
  devDependencies: { d: '~1.0.0' },
  optionalDependencies: { native: '^1.0.0' },
}
const locked = [
  '@s/kit@1.0.0',
  'a@1.0.0',
  'a@2.0.0',
  'b@1.0.0',
  'c@1.0.0',
  'c@1.1.0',
  'd@1.0.0',
  'native@1.0.0',
]
const newest = [
  '@s/kit@1.1.0',
  'a@1.1.0',
  'a@2.1.0',
  'b@1.1.0',
  'c@1.0.0',
  'c@1.2.0',
  'd@1.0.1',
  'native@1.1.0',
]

type Client = {
  readonly what: string
  readonly file: string
  /** Below conformance/clients/node_modules. */
  readonly program: string
  readonly isBinary?: boolean
  readonly args: readonly string[]
  readonly files?: (registry: string) => { readonly [path: string]: string }
  readonly env?: { readonly [name: string]: string }
  /** What it does without: it lets packages share versions where it can. */
  readonly without?: readonly string[]
}

const npm = (name: string, version: number): Client => ({
  what: `${name}, version ${version}`,
  file: 'package-lock.json',
  program: `${name}/bin/npm-cli.js`,
  args: ['install', '--package-lock-only', `--lockfile-version=${version}`],
})
const pnpm = { file: 'pnpm-lock.yaml', args: ['install', '--lockfile-only', '--ignore-scripts'] }
const clients: readonly Client[] = [
  npm('npm10', 1),
  npm('npm10', 2),
  npm('npm10', 3),
  npm('npm12', 3),
  { ...pnpm, what: 'pnpm 9', program: 'pnpm9/bin/pnpm.cjs' },
  {
    ...pnpm,
    what: 'pnpm 12',
    program: 'pnpm12/pnpm',
    isBinary: true,
    env: { pnpm_config_minimum_release_age: '0' },
  },
  {
    what: 'yarn 1',
    file: 'yarn.lock',
    program: 'yarn1/bin/yarn.js',
    args: ['install', '--non-interactive', '--ignore-scripts', '--ignore-platform'],
    files: (registry) => ({ '.yarnrc': `registry "${registry}/"\n` }),
  },
  {
    what: 'yarn 4',
    file: 'yarn.lock',
    program: 'yarn4/bin/yarn.js',
    args: ['install', '--mode=update-lockfile'],
    files: (registry) => ({
      'yarn.lock': '',
      '.yarnrc.yml': [
        `npmRegistryServer: "${registry}"`,
        'unsafeHttpWhitelist: ["127.0.0.1"]',
        'enableTelemetry: false',
        'npmMinimalAgeGate: 0',
        '',
      ].join('\n'),
    }),
    env: { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' },
  },
  {
    what: 'bun',
    file: 'bun.lock',
    program: 'bun/bin/bun',
    isBinary: true,
    args: ['install', '--lockfile-only', '--ignore-scripts'],
    without: ['c@1.1.0'],
  },
]

function show(registry: EvilUpstream, ...worlds: readonly (typeof atFirst)[]): void {
  for (const name of Object.keys(atFirst)) {
    const releases = worlds.flatMap((world) => world[name] ?? [])
    const majors = releases.toSorted(([one], [two]) => one.localeCompare(two))
    registry.put(
      name,
      majors.map(([version, members = {}]) => ({ version, manifest: members })),
    )
  }
}

/** What stele.lock holds. */
function packagesIn({ folder }: Project): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(folder, 'stele.lock'), 'utf8'))
  return Object.keys(packages)
    .filter((id) => id !== '')
    .toSorted()
}

suite('locks of other clients', () => {
  let registry: EvilUpstream
  let folder: Folder
  before(async () => {
    await installClients()
    folder = await makeFolder('client-import')
    registry = await startEvilUpstream()
  })
  after(async () => {
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })
  const make = (name: string, files: { readonly [path: string]: string } = {}): Promise<Project> =>
    makeProject(join(folder.path, name, 'project'), registry.url, {
      'package.json': JSON.stringify(manifest, null, 2),
      ...files,
    })

  test('without a lock the newest versions are installed', async () => {
    show(registry, atFirst, later)
    const project = await make('none')
    const { code, shown } = await project.stele(['install'])
    assert.equal(code, 0, shown)
    assert.deepEqual(packagesIn(project), newest)
  })

  for (const [at, client] of clients.entries()) {
    const { what, file, program, isBinary, args, files, env, without = [] } = client
    test(`stele install takes over what the lock of ${what} holds`, async () => {
      show(registry, atFirst)
      const project = await make(String(at), files?.(registry.url))
      const path = join(clientsFolder, 'node_modules', program)
      const command = isBinary === true ? path : process.execPath
      const made = await runProgram(command, isBinary === true ? args : [path, ...args], {
        cwd: project.folder,
        env: { ...project.env, ...env },
      })
      assert.equal(made.code, 0, made.shown)
      assert.ok(existsSync(join(project.folder, file)), made.shown)
      show(registry, atFirst, later)
      const { code, shown } = await project.stele(['install'])
      assert.equal(code, 0, shown)
      assert.match(shown, new RegExp(`^Versions taken over from ${file}$`, 'm'))
      const expected = locked.filter((id) => !without.includes(id))
      assert.deepEqual(packagesIn(project), expected)
      const again = await project.stele(['ci'])
      assert.equal(again.code, 0, again.shown)
    })
  }
})
