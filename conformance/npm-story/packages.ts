// The packages of the story, and refusals that many rows meet.
import type { Files } from '../npm-world.ts'

export const password: string = 'correct horse'
export const forbidden: RegExp =
  /403 Forbidden .*Cannot change "left": "bob" is not one of its owners/
export const notOffered: RegExp = /404 Not Found .*this registry does not offer it/

export const left = (version: string): Files => ({
  'package.json': {
    name: 'left',
    version,
    description: 'Goes left',
    keywords: ['direction'],
    license: 'MIT',
    bin: { left: 'bin.js' },
  },
  'index.js': `module.exports = 'left ${version}'\n`,
  'bin.js': `#!/usr/bin/env node\nconsole.log('ran left ${version}')\n`,
  'README.md': '# Left\n',
})
export const right = (version: string): Files => ({
  'package.json': { name: '@alice/right', version, license: 'MIT' },
  'index.js': `module.exports = 'right ${version}'\n`,
})
export const house: Files = {
  'package.json': {
    name: 'house',
    version: '1.0.0',
    license: 'MIT',
    dependencies: { left: '^1.0.0', '@alice/right': '^1.0.0' },
  },
  'index.js': "module.exports = `${require('left')}, ${require('@alice/right')}`\n",
}
export const app = (dependencies: object): Files => ({
  'package.json': { name: 'app', version: '1.0.0', private: true, dependencies },
})
