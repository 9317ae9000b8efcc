// Writes p2p/dist/, the package "stele-p2p" as it is published: its sources as JavaScript, since Node strips no types of what is
// installed. What it stands on is not bundled: it has programs for each platform.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './run.ts'

const p2p = join(root, 'p2p')
const dist = join(p2p, 'dist')
const manifest = JSON.parse(readFileSync(join(p2p, 'package.json'), 'utf8'))
const { name, version, description, license, type, bin, engines, dependencies } = manifest

rmSync(dist, { recursive: true, force: true })
mkdirSync(join(dist, 'bin'), { recursive: true })
await build({
  entryPoints: ['main.ts', 'index.ts'].map((file) => join(p2p, 'src', file)),
  outdir: join(dist, 'lib'),
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  packages: 'external',
})
const launcher = readFileSync(join(p2p, 'bin', 'stele-p2p.cjs'), 'utf8')
writeFileSync(
  join(dist, 'bin', 'stele-p2p.cjs'),
  launcher.replace("'src', 'main.ts'", "'lib', 'main.js'"),
  { mode: 0o755 },
)
cpSync(join(p2p, 'README.md'), join(dist, 'README.md'))
cpSync(join(root, 'LICENSE'), join(dist, 'LICENSE'))
const published = {
  name,
  version,
  description,
  license,
  type,
  bin,
  exports: { '.': './lib/index.js' },
  engines,
  files: ['bin', 'lib'],
  dependencies: { ...dependencies, ...manifest.peerDependencies },
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
process.stdout.write(`Made p2p/dist/, the package ${name} ${version}\n`)
