// The packages that every client publishes. `{left}` and the like stand for the client's own names.
import type { Files } from '../npm-world.ts'

/** With a bin, folders, and bytes that are no text. */
export function left(version: string): Files {
  return {
    'package.json': {
      name: '{left}',
      version,
      description: 'Goes left',
      keywords: ['direction'],
      license: 'MIT',
      main: 'index.js',
      bin: { '{left}': 'bin.js' },
    },
    'index.js': `module.exports = 'left ${version}'\n`,
    'bin.js': `#!/usr/bin/env node\nconsole.log('ran left ${version}')\n`,
    'README.md': `# Left ${version}\n\nÜber alles nach links.\n`,
    LICENSE: 'MIT\n',
    'lib/deep/data.bin': Buffer.from(
      Array.from({ length: 70_000 }, (_none, at) => (at * 7) & 0xff),
    ),
    'lib/empty.txt': '',
  }
}

/** What another package may have, and does. */
export const extra: Files = {
  'package.json': { name: '{extra}', version: '1.0.0', license: 'MIT', main: 'index.js' },
  'index.js': "module.exports = 'extra'\n",
}

/** What can be installed on no machine that runs these suites. */
export const alien: Files = {
  'package.json': { name: '{alien}', version: '1.0.0', license: 'MIT', os: ['aix'] },
  'index.js': "module.exports = 'alien'\n",
}

/** A version of what somebody else has. */
export const taken: Files = {
  'package.json': { name: '{taken}', version: '2.0.0', license: 'MIT' },
  'index.js': "module.exports = 'not theirs'\n",
}

/** Scoped; depends on one of the others, and may have two. */
export const right: Files = {
  'package.json': {
    name: '{right}',
    version: '1.0.0',
    license: 'MIT',
    main: 'index.js',
    dependencies: { '{left}': '^1.0.0' },
    optionalDependencies: { '{extra}': '^1.0.0', '{alien}': '^1.0.0' },
  },
  'index.js': "module.exports = `${require('{left}')}, ${require('{extra}')}`\n",
}

/** A project that is not published. */
export function app(dependencies: Readonly<Record<string, string>>): Files {
  return { 'package.json': { name: 'app', version: '1.0.0', private: true, dependencies } }
}
