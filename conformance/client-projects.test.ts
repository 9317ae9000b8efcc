// Real projects, made and installed by Stele alone, then built, tested, started and asked for a page; in every layout in the full
// round. Needs the registry that this machine is set up with: what people have is there.
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parseLock } from '../packages/locks/src/index.ts'
import { monorepo } from './client-projects/monorepo.ts'
import { projects } from './client-projects/projects.ts'
import { type RealProject, type Workplace, workplace } from './client-projects/real-project.ts'
import { roundsOf } from './rounds.ts'
import { type Folder, makeFolder } from './temporary-folder.ts'

/** The other layouts; a project is made with `auto`. */
const more = ['project', 'hoisted', 'global'].slice(0, roundsOf({ modest: 0, full: 3 }))

for (const project of [...projects, monorepo]) testProject(project)

function testProject({ name, packages, make, use, notGlobal }: RealProject): void {
  suite(name, { timeout: 30 * 60_000 }, () => {
    let place: Workplace
    let folder: Folder
    before(async () => {
      folder = await makeFolder('project')
      place = workplace(join(folder.path, 'project'), join(folder.path, 'home'))
      await place.write({})
      await make(place)
      await place.stele('install')
    })
    after(() => folder[Symbol.asyncDispose]())

    test(`has at least ${packages} packages in its lock`, async () => {
      const text = await readFile(join(place.folder, 'stele.lock'), 'utf8')
      const { size } = parseLock(text, 'stele.lock').graph.packages
      assert.ok(size >= packages, `${size} packages`)
    })

    test('works after "stele install"', () => use(place))

    test('works after "stele ci", with the same lock', async () => {
      const lock = await readFile(join(place.folder, 'stele.lock'), 'utf8')
      await rm(join(place.folder, 'node_modules'), { recursive: true })
      await place.stele('ci')
      assert.equal(await readFile(join(place.folder, 'stele.lock'), 'utf8'), lock)
      await use(place)
    })

    for (const layout of more) {
      test(`works with the layout ${layout}, or says why not`, async () => {
        const { shown } = await place.stele('install', '--layout', layout)
        if (layout !== 'global' || notGlobal === undefined) await use(place)
        else assert.match(shown, /reads no files outside of the project/)
      })
    }
  })
}
