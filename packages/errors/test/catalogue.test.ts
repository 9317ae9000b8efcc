import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '../src/catalogue.ts'

for (const [code, entry] of Object.entries(catalogue)) {
  test(`the code ${code} is in lower snake case and has an HTTP error status`, () => {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/)
    assert.ok(entry.status >= 400 && entry.status < 600)
    assert.notEqual(entry.status, 501) // npm retries it for more than a minute.
  })
}
