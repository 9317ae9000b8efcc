import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideLayout, layouts } from '../src/layout.ts'
import { localTools } from '../src/local-tools.ts'
import { graphOf } from './made-project.ts'

const plain = graphOf({ '.': ['a@1'], w: [] }, { 'a@1': {} })
const withTool = graphOf({ '.': ['a@1'], w: ['vite@7'] }, { 'a@1': {}, 'vite@7': {} })
const below = graphOf({ '.': ['a@1'] }, { 'a@1': { needs: ['vite@7'] }, 'vite@7': {} })

test('decideLayout() leaves auto as it is where no package.json names a listed tool', () => {
  assert.deepEqual(decideLayout('auto', plain), { layout: 'auto' })
  assert.deepEqual(decideLayout('auto', below), { layout: 'auto' })
})

test('decideLayout() makes auto project where a package.json names a listed tool, and says which and why', () => {
  const { layout, because } = decideLayout('auto', withTool)
  assert.equal(layout, 'project')
  assert.deepEqual({ tool: because?.tool, folder: because?.folder }, { tool: 'vite', folder: 'w' })
})

for (const layout of layouts.filter((each) => each !== 'auto')) {
  test(`decideLayout() leaves ${layout} as it is, whatever the tools`, () => {
    assert.equal(decideLayout(layout, withTool).layout, layout)
  })
}

test('decideLayout() says which tool may not work with global', () => {
  assert.equal(decideLayout('global', withTool).because?.tool, 'vite')
  assert.equal(decideLayout('global', plain).because, undefined)
  assert.equal(decideLayout('hoisted', withTool).because, undefined)
})

test('localTools gives each tool a reason and a link', () => {
  for (const { reason, link } of localTools.values()) {
    assert.ok(reason.length > 10)
    assert.equal(new URL(link).protocol, 'https:')
  }
})
