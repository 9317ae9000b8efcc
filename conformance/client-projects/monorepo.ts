// A workspace of many packages: libraries that depend on each other, and applications that are built of them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { generate, type RealProject, type Workplace, workplace } from './real-project.ts'

const libraries = ['colours', 'dates', 'text', 'numbers', 'lists', 'maps', 'paths', 'events']

/** Each library uses the one before it. */
function libraryFiles(name: string, before: string | undefined): Record<string, string> {
  const folder = `packages/${name}`
  const dependencies = before === undefined ? {} : { [`@mono/${before}`]: 'workspace:^' }
  const own = `export const ${name} = () => ['${name}'`
  const source =
    before === undefined
      ? `${own}]\n`
      : `import { ${before} } from '@mono/${before}'\n${own}, ...${before}()]\n`
  return {
    [`${folder}/package.json`]: JSON.stringify({
      name: `@mono/${name}`,
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      scripts: { test: 'vitest run' },
      dependencies,
      devDependencies: { vitest: 'catalog:' },
    }),
    [`${folder}/index.js`]: source,
    [`${folder}/index.test.js`]: `import { expect, test } from 'vitest'
import { ${name} } from './index.js'
test('${name}() names itself first', () => expect(${name}()[0]).toBe('${name}'))
`,
  }
}

async function make(place: Workplace): Promise<void> {
  await place.write({
    'package.json': JSON.stringify({
      name: 'mono',
      version: '1.0.0',
      private: true,
      workspaces: { packages: ['packages/*', 'apps/*'], catalog: { vitest: '^5.1.0' } },
      scripts: { lint: 'eslint apps/api' },
      devDependencies: {
        eslint: '^9.0.0',
        '@eslint/js': '^9.0.0',
        prettier: '^3.0.0',
        jest: '^30.0.0',
        webpack: '^5.100.0',
        'webpack-cli': '^6.0.0',
        'webpack-dev-server': '^5.2.0',
        '@babel/preset-env': '^7.27.0',
        stylelint: '^16.20.0',
        rimraf: '^6.0.0',
      },
    }),
    'eslint.config.js': `import js from '@eslint/js'
export default [js.configs.recommended, { languageOptions: { globals: { process: 'readonly' } } }]
`,
    ...Object.assign(
      {},
      ...libraries.map((name, index) => libraryFiles(name, libraries[index - 1])),
    ),
    'apps/api/package.json': JSON.stringify({
      name: '@mono/api',
      version: '1.0.0',
      type: 'module',
      scripts: { start: 'node server.js' },
      dependencies: { fastify: '^5.0.0', '@mono/events': 'workspace:*' },
    }),
    'apps/api/server.js': `import Fastify from 'fastify'
import { events } from '@mono/events'
const app = Fastify()
app.get('/', async () => events())
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
`,
  })
  const web = workplace(join(place.folder, 'apps', 'web'), place.home)
  await web.write({})
  await generate(web, 'create-vite', ['.', '--template', 'react-ts', '--no-interactive'])
  await web.stele('add', '@mono/lists@workspace:^')
}

async function use(place: Workplace): Promise<void> {
  const { shown } = await place.stele('run', 'test', '-r')
  for (const name of libraries) assert.match(shown, new RegExp(`packages/${name}|@mono/${name}`))
  await place.stele('run', 'lint')
  await place.stele('run', 'build', '-w', 'web')
  const [answer = ''] = await place.pages(['run', 'start', '-w', '@mono/api'], ['/'])
  assert.deepEqual(JSON.parse(answer), libraries.toReversed())
}

export const monorepo: RealProject = {
  name: 'a workspace of ten packages',
  packages: 800,
  notGlobal: 'the bundler of one of them reads no files outside of the project',
  make,
  use,
}
