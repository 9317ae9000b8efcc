// npm run build: writes dist/, the package "stele" as it is published: bundles that load what they need, assets, launcher.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { writeTypes } from './build-types.ts'
import { root } from './run.ts'

/** Where it is made; it takes the place of dist/ when it is complete, since a server may be running from there. */
const dist = join(root, 'node_modules', `.dist-${process.pid}`)
const stele = join(root, 'packages', 'stele')
/** Holds the interpreter's wasm file, which is read, not imported. */
const wasmPackage = '@jitl/quickjs-wasmfile-release-sync'

mkdirSync(join(dist, 'bin'), { recursive: true })
const { metafile, outputFiles } = await build({
  entryPoints: ['main.ts', 'clone.ts', 'clone-cli.ts', 'vm.ts'].map((name) =>
    join(stele, 'src', name),
  ),
  outdir: join(dist, 'lib'),
  bundle: true,
  splitting: true, // A command is read only when it is run.
  metafile: true,
  absWorkingDir: root,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  write: false,
  legalComments: 'inline',
  external: [wasmPackage],
  mainFields: ['module', 'main'], // What requires in its own way cannot be bundled; its modules can.
  banner: {
    js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
})
mkdirSync(join(dist, 'lib'))
await build({
  entryPoints: ['up-to-date.ts', 'kept-tree.ts'].map((name) =>
    join(stele, 'src', 'client', 'repeat', name),
  ),
  outdir: join(dist, 'lib'),
  outExtension: { '.js': '.cjs' }, // The launcher loads each alone.
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
})
for (const { path, text } of outputFiles) writeFileSync(path, requireBuiltins(text))
// The sources read these by their place beside the folder of the module; so do they here.
cpSync(join(root, 'packages', 'host', 'assets'), join(dist, 'assets'), { recursive: true })
cpSync(join(root, 'packages', 'registry', 'rules.js'), join(dist, 'rules.js'))
const launcher = readFileSync(join(stele, 'bin', 'stele.cjs'), 'utf8')
writeFileSync(
  join(dist, 'bin', 'stele.cjs'),
  launcher.replace("'src', 'main.ts'", "'lib', 'main.js'"),
  {
    mode: 0o755,
  },
)
for (const name of ['mnpm.cjs', 'nodevms.cjs', 'stelex.cjs', 'node-gyp-bin']) {
  cpSync(join(stele, 'bin', name), join(dist, 'bin', name), { recursive: true })
}
writeTypes(
  join(dist, 'types'),
  ['clone', 'clone-cli', 'vm'].map((name) => join('packages', 'stele', 'src', `${name}.ts`)),
)
cpSync(join(root, 'docs'), join(dist, 'docs'), { recursive: true })
for (const name of ['LICENSE', 'README.md']) cpSync(join(root, name), join(dist, name))
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(publishedManifest(), null, 2)}\n`)
replaceDist()
report()

function replaceDist(): void {
  const old = `${dist}-old`
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old)
  renameSync(dist, join(root, 'dist'))
  rmSync(old, { recursive: true, force: true })
}

/** What was made, and what to do with it. */
function report(): void {
  const sizes = Object.values(metafile.outputs).map(({ bytes }) => bytes)
  const kib = Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024)
  const { version } = readJson(join(stele, 'package.json'))
  process.stdout.write(
    [
      `Made dist/, the package stele ${version}: ${sizes.length} bundles, ${kib} KiB`,
      'To install it elsewhere: npm pack ./dist, then npm install <the file that it made>',
      '',
    ].join('\n'),
  )
}

/**
 * Takes Node's own modules by `require`. An import statement reads every export that a module has, and those of node:http
 * hold the whole of undici: 30 ms and some MB in each thread.
 */
function requireBuiltins(text: string): string {
  return text.replaceAll(
    /^import (\{[^}]*\}|\w+) from "(node:[^"]+)";$/gm,
    (_, names: string, name: string) =>
      `const ${names.replaceAll(' as ', ': ')} = require("${name}");`,
  )
}

function publishedManifest(): object {
  const { optionalDependencies } = readJson(join(root, 'package.json'))
  const { name, version, description, license, type, bin, engines } = readJson(
    join(stele, 'package.json'),
  )
  const { dependencies } = readJson(join(root, 'packages', 'host', 'package.json'))
  return {
    name,
    version,
    description,
    license,
    type,
    bin,
    exports: {
      '.': './lib/main.js',
      './clone': entryOf('clone'),
      './clone/cli': entryOf('clone-cli'),
      './vm': entryOf('vm'),
    },
    engines,
    files: ['assets', 'bin', 'docs', 'lib', 'rules.js', 'types'],
    dependencies: { [wasmPackage]: dependencies[wasmPackage] },
    optionalDependencies,
  }
}

/** A program that is imported, with its types. */
function entryOf(name: string): { readonly types: string; readonly default: string } {
  return { types: `./types/packages/stele/src/${name}.d.ts`, default: `./lib/${name}.js` }
}

function readJson(path: string) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
