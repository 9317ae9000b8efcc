// Linking of a project that is interrupted, as by a kill, before each of its looks at the store: the next one makes it whole.
import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { makeProject } from '../packages/install/test/made-project.ts'
import { assertLeavesNothing, layouts } from '../packages/install/test/made-workspace.ts'

suite('linkProject()', () => {
  const own = makeProject()
  after(() => own[Symbol.dispose]())
  let interruptions = 0
  for (const from of layouts) {
    for (const to of layouts) {
      const wanted = from === to ? 'other dependencies' : to
      test(`leaves nothing behind from ${from} to ${wanted}, wherever it is interrupted`, () => {
        let moment = 0
        while (assertLeavesNothing(own.store, { from, to, moment })) moment++
        interruptions += moment
      })
    }
  }

  test('was interrupted at many moments', () => {
    assert.ok(interruptions > 100, `${interruptions} moments`)
  })
})
