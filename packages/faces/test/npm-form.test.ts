import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseForm } from '../src/npm/form.ts'

const forms: readonly (readonly [accept: string | undefined, form: 'full' | 'abbreviated'])[] = [
  [undefined, 'full'],
  ['*/*', 'full'],
  ['application/json', 'full'],
  ['application/vnd.npm.install-v1+json', 'abbreviated'],
  ['application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*', 'abbreviated'],
  ['text/html', 'full'],
]
for (const [accept, form] of forms) {
  test(`chooseForm() gives ${form} for ${accept}`, () => assert.equal(chooseForm(accept), form))
}
