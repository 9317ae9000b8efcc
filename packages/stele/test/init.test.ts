import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packageOf } from '../src/commands/init.ts'

// a template, the package whose program makes it
const rows = [
  ['vite', 'create-vite@latest'],
  ['vite@5', 'create-vite@5'],
  ['@scope', '@scope/create'],
  ['@scope@2', '@scope/create@2'],
  ['@scope/app', '@scope/create-app@latest'],
  ['@scope/app@next', '@scope/create-app@next'],
  ['owner/app', 'owner/create-app'],
  ['owner/app#main', 'owner/create-app#main'],
] as const
for (const [template, name] of rows) {
  test(`packageOf() gives ${name} when the template is ${template}`, () => {
    assert.equal(packageOf(template), name)
  })
}

test('packageOf() throws usage_wrong when it is none', () => {
  assert.throws(() => packageOf('https://host.test/x'), { code: 'usage_wrong' })
})
