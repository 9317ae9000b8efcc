// Projects of the kinds that people have: made by the generators that are published, or of packages that many depend on.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generate, type RealProject } from './real-project.ts'

const outsideOfProject = 'its bundler reads no files outside of the project'

/** The words of a command line, none of which holds a blank. */
const words = (line: string): readonly string[] => line.split(' ')

const vite: RealProject = {
  name: 'a Vite and React app',
  packages: 300,
  notGlobal: outsideOfProject,
  make: async (place) => {
    await generate(place, 'create-vite', ['.', '--template', 'react-ts', '--no-interactive'])
    await place.stele(
      ...words(
        'add -D vitest jsdom @testing-library/react @testing-library/dom @vitejs/plugin-legacy terser eslint @eslint/js globals prettier eslint-plugin-react-hooks tailwindcss @tailwindcss/vite',
      ),
    )
    await place.write({
      'src/App.test.tsx': `import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import App from './App'

test('the page has a heading', () => {
  render(<App />)
  expect(screen.getAllByRole('heading').length).toBeGreaterThan(0)
})
`,
    })
  },
  use: async (place) => {
    await place.stele('run', 'build')
    await place.bin('vitest', 'run', '--environment', 'jsdom')
    const preview = ['run', 'preview', '--', '--port', '{port}', '--host', '127.0.0.1']
    const [page = ''] = await place.pages(preview, ['/'])
    assert.match(page, /<script type="module"[^>]* src="\/assets\//)
  },
}

const next: RealProject = {
  name: 'a Next app',
  packages: 300,
  notGlobal: outsideOfProject,
  make: async (place) => {
    await generate(
      place,
      'create-next-app',
      words(
        '. --ts --eslint --tailwind --app --no-src-dir --turbopack --import-alias @/* --skip-install --disable-git --yes',
      ),
    )
    // The template's fonts come from a server that is not always to be had.
    const layout = join(place.folder, 'app', 'layout.tsx')
    const text = await readFile(layout, 'utf8')
    await writeFile(
      layout,
      text
        .replace(/^import .*next\/font\/google.*\n/m, '')
        .replaceAll(/^const geist\w+ = \w+\(\{[\s\S]*?\}\);\n/gm, '')
        .replaceAll(/\$\{geist\w+\.variable\}/g, ''),
    )
  },
  use: async (place) => {
    await place.stele('run', 'build')
    await place.stele('run', 'lint')
    const start = ['run', 'start', '--', '-p', '{port}', '-H', '127.0.0.1']
    const [page = ''] = await place.pages(start, ['/'])
    assert.match(page, /<title>Create Next App<\/title>/)
  },
}

const service: RealProject = {
  name: 'an Express and Fastify service',
  packages: 100,
  make: async (place) => {
    await place.write({
      'package.json': JSON.stringify({
        name: 'service',
        version: '1.0.0',
        type: 'module',
        scripts: { start: 'node server.js', test: 'mocha' },
      }),
      'server.js': `import express from 'express'
import helmet from 'helmet'
import Fastify from 'fastify'
import middie from '@fastify/middie'
import pino from 'pino'
import { z } from 'zod'

const inner = express()
inner.use(helmet())
inner.get('/express', (request, response) => response.json({ by: 'express' }))
const app = Fastify({ loggerInstance: pino({ level: 'silent' }) })
await app.register(middie)
app.use('/express', (request, response) => {
  request.url = '/express'
  inner(request, response)
})
app.get('/fastify', async () => z.object({ by: z.string() }).parse({ by: 'fastify' }))
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
`,
      'test/request.js': `import assert from 'node:assert'
import express from 'express'
import request from 'supertest'

it('answers', async () => {
  const app = express().get('/', (_, response) => response.send('here'))
  const { text } = await request(app).get('/')
  assert.equal(text, 'here')
})
`,
    })
    await place.stele('add', 'express', 'fastify', '@fastify/middie', 'helmet', 'pino', 'zod')
    await place.stele('add', '-D', 'mocha', 'supertest')
  },
  use: async (place) => {
    const [one = '', other = ''] = await place.pages(['start'], ['/express', '/fastify'])
    assert.deepEqual([JSON.parse(one), JSON.parse(other)], [{ by: 'express' }, { by: 'fastify' }])
    await place.stele('test')
  },
}

const library: RealProject = {
  name: 'a TypeScript library with ESLint, Jest and Vitest',
  packages: 300,
  notGlobal: 'Jest reads no files outside of the project',
  make: async (place) => {
    await place.write({
      'package.json': JSON.stringify({
        name: 'library',
        version: '1.0.0',
        scripts: { build: 'tsc', lint: 'eslint src', jest: 'jest', vitest: 'vitest run' },
        jest: { preset: 'ts-jest', testMatch: ['**/jest/*.ts'] },
      }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          module: 'nodenext',
          target: 'es2022',
          outDir: 'dist',
          rootDir: 'src',
          declaration: true,
          isolatedModules: true,
          types: [],
        },
        include: ['src'],
      }),
      'eslint.config.mjs': `import js from '@eslint/js'
import ts from 'typescript-eslint'
export default ts.config(js.configs.recommended, ...ts.configs.recommended)
`,
      'vitest.config.mjs': `export default { test: { include: ['vitest/*.ts'] } }\n`,
      'src/index.ts': 'export const twice = (number: number): number => 2 * number\n',
      'jest/twice.ts': `import { expect, test } from '@jest/globals'
import { twice } from '../src/index'
test('twice() doubles', () => expect(twice(2)).toBe(4))
`,
      'vitest/twice.ts': `import { expect, test } from 'vitest'
import { twice } from '../src/index.ts'
test('twice() doubles', () => expect(twice(2)).toBe(4))
`,
    })
    await place.stele(
      ...words(
        'add -D typescript@5 eslint@9 @eslint/js@9 typescript-eslint@8 jest@30 @jest/globals@30 ts-jest@29 vitest @types/node prettier',
      ),
    )
  },
  use: async (place) => {
    for (const script of ['build', 'lint', 'jest', 'vitest']) await place.stele('run', script)
    const built = await readFile(join(place.folder, 'dist', 'index.d.ts'), 'utf8')
    assert.equal(built, 'export declare const twice: (number: number) => number;\n')
  },
}

const native: RealProject = {
  name: 'an app with prebuilt native packages',
  packages: 30,
  make: async (place) => {
    await place.write({
      'package.json': JSON.stringify({ name: 'native', version: '1.0.0', type: 'module' }),
      'main.js': `import { transform as compile } from '@swc/core'
import { transform } from 'esbuild'
import { transform as css } from 'lightningcss'
import sharp from 'sharp'

const picture = await sharp({
  create: { width: 8, height: 8, channels: 3, background: { r: 255, g: 0, b: 0 } },
}).png().toBuffer()
const { width } = await sharp(picture).resize(4).toBuffer().then((small) => sharp(small).metadata())
const { code } = await transform('let a: number = 1', { loader: 'ts' })
const { code: swc } = await compile('let b: number = 2', { jsc: { parser: { syntax: 'typescript' } } })
const style = css({ filename: 'a.css', code: Buffer.from('a { color: #ff0000 }'), minify: true })
console.log(JSON.stringify([width, code, swc, style.code.toString()]))
`,
    })
    await place.stele('add', 'sharp', 'esbuild', '@swc/core', 'lightningcss')
  },
  use: async (place) => {
    const { stdout } = await place.run(process.execPath, ['main.js'])
    assert.deepEqual(JSON.parse(stdout), [4, 'let a = 1;\n', 'var b = 2;\n', 'a{color:red}'])
  },
}

const compiled: RealProject = {
  name: 'an app whose packages are compiled',
  packages: 30,
  make: async (place) => {
    await place.write({
      'package.json': JSON.stringify({ name: 'compiled', version: '1.0.0' }),
      // The headers of this very Node, whatever the machine's own settings say.
      '.npmrc': `build-from-source=true\nnodedir=${dirname(dirname(process.execPath))}\n`,
      'main.js': `const { compareSync, hashSync } = require('bcrypt')
const features = require('cpu-features')()
console.log(JSON.stringify([compareSync('word', hashSync('word', 4)), typeof features.arch]))
`,
    })
    const { shown } = await place.stele('add', 'bcrypt@5', 'cpu-features')
    assert.match(shown, /Install scripts were not run, of bcrypt@5\.\S+, cpu-features@/)
    await place.stele('approve', 'bcrypt', 'cpu-features', '--yes')
  },
  use: async (place) => {
    const { stdout } = await place.run(process.execPath, ['main.js'])
    assert.deepEqual(JSON.parse(stdout), [true, 'string'])
  },
}

export const projects: readonly RealProject[] = [service, library, native, compiled, vite, next]
