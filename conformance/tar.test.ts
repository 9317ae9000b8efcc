// Cross-checks against the system's own tar program: it writes, we read; we write, it lists.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { formatFileList, readTarball } from '../packages/tarball/src/index.ts'
import { makeTarball } from '../packages/testkit/src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'stele-tarball-'))
after(() => rmSync(folder, { recursive: true }))

const files: readonly (readonly [path: string, content: string, executable: boolean])[] = [
  ['package.json', '{"name":"p","version":"1.0.0"}', false],
  ['bin/p.js', '#!/usr/bin/env node\n', true],
  ['README.md', '# p\n'.repeat(500), false],
  ['é/ü.txt', '', false],
  [`${'long-folder-name/'.repeat(10)}${'x'.repeat(60)}.js`, 'long', false],
  [`short/${'y'.repeat(180)}`, 'long name', false],
]
const wanted = formatFileList(
  files.map(([path, content, executable]) => ({
    path,
    mode: executable ? (755 as const) : (644 as const),
    size: Buffer.byteLength(content),
    sha256: hash('sha256', content, 'hex'),
  })),
).fileList

const hasTar = spawnSync('tar', ['--version']).stdout?.includes('GNU tar') ?? false
const skip = hasTar ? false : 'the system has no GNU tar'

for (const format of ['gnu', 'posix', 'ustar', 'oldgnu']) {
  test(`readTarball() reads what tar --format=${format} wrote`, { skip }, () => {
    const isOld = format === 'ustar' // It cannot hold a name of 180 bytes.
    const root = join(folder, format, 'package')
    const written = files.filter(([path]) => !(isOld && path.startsWith('short/')))
    for (const [path, content, executable] of written) {
      mkdirSync(join(root, dirname(path)), { recursive: true })
      writeFileSync(join(root, path), content)
      chmodSync(join(root, path), executable ? 0o755 : 0o644)
    }
    symlinkSync('/etc/passwd', join(root, 'link'))
    const archive = join(folder, `${format}.tgz`)
    tar(['-czf', archive, `--format=${format}`, '-C', join(folder, format), 'package'])
    const lines = wanted.split('\n').filter((line) => !(isOld && line.includes(' short/')))
    assert.equal(readTarball(readFileSync(archive)).fileList, lines.join('\n'))
  })
}

for (const longNames of ['pax', 'gnu', 'ustar'] as const) {
  test(`makeTarball() writes ${longNames} names that tar reads, content and all`, { skip }, () => {
    const entries = files
      .filter(([path]) => longNames !== 'ustar' || !path.startsWith('short/'))
      .map(([path, content, executable]) => ({ path, content, mode: executable ? 0o755 : 0o644 }))
    const archive = join(folder, `ours-${longNames}.tgz`)
    const target = join(folder, `ours-${longNames}`)
    mkdirSync(target)
    writeFileSync(archive, makeTarball(entries, { longNames }))
    tar(['-xzf', archive, '-C', target])
    for (const { path, content } of entries) {
      assert.equal(readFileSync(join(target, 'package', path), 'utf8'), content)
    }
  })
}

function tar(parameters: readonly string[]): void {
  const { status, stderr } = spawnSync('tar', parameters, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}
