// Logs that a registry's rules could have written, and mirrors of them in folders.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatContentsValue, formatVersionsValue } from '@stele/formats/values'
import { rulesScript } from '@stele/registry'
import { readRelease } from '@stele/releases/release'
import { createPublicFiles } from '@stele/storage/files'
import { createNotesExecutor, LogBuilder, makePackage } from '../../testkit/src/index.ts'
import type { OpenFiles } from '../src/clone/clone-service.ts'
import {
  type MirrorOptions,
  type MirrorReport,
  mirrorThrough,
} from '../src/mirror/mirror-service.ts'

export const baseUrl = 'https://mirror.example'

/** A log whose script is the registry's, though nobody runs it: its calls write what they are told. */
export function makeRegistry(keySeed = 'log'): LogBuilder {
  const createExecutor = (options: Parameters<typeof createNotesExecutor>[0]) => {
    const { init, call } = createNotesExecutor(options)
    return { init, call }
  }
  return new LogBuilder({
    origin: 'registry.example',
    createExecutor,
    script: rulesScript(),
    keySeed,
  })
}

/** What the rules write of a release. Gives the name of its tarball's blob. */
export function release(
  log: LogBuilder,
  name: string,
  version: string,
  stored: string = name,
): string {
  const tarball = makePackage({ name, version, dependencies: { other: '^1.0.0' } }, {})
  const { contents, integrity, record } = readRelease(tarball)
  const object = `/packages/${stored}`
  log.call('alice', 'put', [
    ['/packages', `${stored}/`, ''],
    [object, 'origin', 'hosted'],
    [object, 'versions/', ''],
    [object, 'contents/', ''],
    [object, 'tags/', ''],
    [`${object}/versions`, version, formatVersionsValue({ integrity, record })],
    [`${object}/contents`, version, formatContentsValue(contents)],
    [`${object}/tags`, 'latest', version],
  ])
  return log.addBlob(tarball)
}

/** A release that a log tells as no registry would: under a version that is none, or with as many bytes as it likes. */
export function releaseAs(
  log: LogBuilder,
  name: string,
  { version, sizeBytes }: { readonly version: string; readonly sizeBytes?: number },
): void {
  release(log, name, '0.0.1')
  const { contents, integrity, record } = readRelease(makePackage({ name, version: '0.0.2' }, {}))
  const told = sizeBytes === undefined ? contents : { ...contents, size: sizeBytes }
  const object = `/packages/${name}`
  log.call('alice', 'put', [
    [`${object}/versions`, version, formatVersionsValue({ integrity, record })],
    [`${object}/contents`, version, formatContentsValue(told)],
  ])
  log.addBlob(makePackage({ name, version: '0.0.2' }, {}))
}

/** A registry with two releases of one package. */
export function twoReleases(): LogBuilder {
  const log = makeRegistry()
  release(log, 'kept', '1.0.0')
  release(log, 'kept', '1.1.0')
  return log
}

/** Mirrors the log's registry into the folder. */
export function mirror(
  dir: string,
  log: LogBuilder,
  {
    openFiles = createPublicFiles,
    ...changes
  }: Partial<MirrorOptions> & { readonly openFiles?: OpenFiles } = {},
): Promise<MirrorReport> {
  return mirrorThrough(openFiles, {
    url: 'http://registry',
    dir,
    fetch: fetchOf(log),
    progress: () => undefined,
    selection: 'all',
    baseUrl,
    ...changes,
  })
}

/** What a server of the log answers. */
export function fetchOf(log: LogBuilder): MirrorOptions['fetch'] {
  const files = log.files()
  return async (path) => {
    const bytes = files.get(path)
    return bytes === undefined
      ? { status: 404, bytes: new Uint8Array(0) }
      : { status: 200, bytes: Buffer.from(bytes) }
  }
}

/** Every tarball that a packument lists is there, with the bytes that it says. */
export function assertListedIsThere(dir: string): void {
  for (const [path, text] of Object.entries(readTree(dir))) {
    if (!path.startsWith('npm/') || path.startsWith('npm/-/')) continue
    const { versions } = JSON.parse(text)
    for (const { dist } of Object.values<{ dist: Record<string, string> }>(versions)) {
      const bytes = readFileSync(join(dir, String(dist['tarball']).slice(baseUrl.length)))
      assert.equal(`sha512-${hash('sha512', bytes, 'base64')}`, dist['integrity'])
    }
  }
}

/** Every file below the folder but the lock, by its path. */
export function readTree(root: string): { readonly [path: string]: string } {
  const found = readdirSync(root, { recursive: true, withFileTypes: true })
  const files = found.filter((one) => one.isFile() && !one.name.startsWith('lock.db'))
  return Object.fromEntries(
    files.map((one) => {
      const path = join(one.parentPath, one.name)
      return [path.slice(root.length + 1), readFileSync(path).toString('latin1')]
    }),
  )
}
