// One project, resolved by npm, pnpm and Stele from the same registry at the same moment: the sets of name@version are equal, but
// for what two rules say, which predict exactly what differs.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import type { WantedEdge } from '../../packages/resolve/src/public/graph.ts'
import { installClients } from '../npm-client.ts'
import { makeFolder } from '../temporary-folder.ts'
import { startFrozenRegistry } from './frozen-registry.ts'
import { npmReuses } from './npm-reuses.ts'
import { type Edge, resolveOurs } from './ours.ts'
import { pnpmInherits } from './pnpm-inherits.ts'
import type { ComparedProject } from './projects.ts'
import { others, resolveTheirs } from './theirs.ts'

type Compared = {
  readonly ours: ReadonlySet<string>
  readonly edges: readonly Edge[]
  readonly npm: ReadonlySet<string>
  readonly pnpm: ReadonlySet<string>
}

async function compare({ dependencies }: ComparedProject): Promise<Compared> {
  await using folder = await makeFolder('resolution')
  await using registry = await startFrozenRegistry(folder.path)
  const own = join(folder.path, 'ours')
  await mkdir(own)
  await writeFile(join(own, '.npmrc'), `registry=${registry.url}/\n`)
  const wanted = Object.entries(dependencies)
    .map(([name, specifier]): WantedEdge => ({ name, specifier, kind: 'dependencies' }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const { graph, edges } = await resolveOurs(wanted, own)
  const manifest = { name: 'compared', version: '1.0.0', dependencies }
  const place = (name: string) => ({
    manifest,
    folder: join(folder.path, name),
    registry: registry.url,
  })
  // npm adds optional peers in passing, which it drops when it looks at its lock again.
  await resolveTheirs(others.npm, place('npm'))
  const npm = await resolveTheirs(others.npm, place('npm'))
  const pnpm = await resolveTheirs(others.pnpm, place('pnpm'))
  return { ours: new Set(graph.packages.keys()), edges, npm, pnpm }
}

/** What only one of them has, to be read when it is not what was predicted. */
function difference(
  predicted: ReadonlySet<string>,
  found: ReadonlySet<string>,
): { readonly predicted: readonly string[]; readonly found: readonly string[] } {
  return {
    predicted: [...predicted.difference(found)].toSorted(),
    found: [...found.difference(predicted)].toSorted(),
  }
}

const none = { predicted: [], found: [] }

/** Registers the tests of one project. */
export function testProject(project: ComparedProject): void {
  suite(project.name, { timeout: 5 * 60 * 1000 }, () => {
    let compared: Compared
    before(async () => {
      await installClients()
      compared = await compare(project)
    })

    test('npm has what Stele has, but for versions that it finds placed already', () => {
      assert.deepEqual(difference(npmReuses(compared.edges), compared.npm), none)
    })

    test('pnpm has what Stele has, but for versions that are inherited from above', () => {
      assert.deepEqual(difference(pnpmInherits(compared.edges), compared.pnpm), none)
    })

    test('neither has anything that Stele has not', () => {
      const { ours, npm, pnpm } = compared
      assert.deepEqual([...npm.union(pnpm).difference(ours)], [])
    })

    test('nineteen packages of twenty are the same in all three', () => {
      const { ours, npm, pnpm } = compared
      assert.ok(npm.intersection(pnpm).size > ours.size * 0.95)
    })
  })
}
