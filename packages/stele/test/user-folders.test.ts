import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userFolders } from '../src/user-folders.ts'

const rows: readonly (readonly [
  env: { readonly [name: string]: string },
  config: string,
  cache: string,
])[] = [
  [{ HOME: '/h' }, '/h/.config/stele', '/h/.cache/stele'],
  [{ HOME: '/h', XDG_CONFIG_HOME: '/c' }, '/c/stele', '/h/.cache/stele'],
  [{ HOME: '/h', XDG_CACHE_HOME: '/c', XDG_CONFIG_HOME: '' }, '/h/.config/stele', '/c/stele'],
]
for (const [env, config, cache] of rows) {
  test(`userFolders() gives Stele's own folders with ${JSON.stringify(env)}`, () => {
    assert.deepEqual(userFolders(env), { config, cache })
  })
}
