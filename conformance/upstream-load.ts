// Clients that install from an upstream through a server which is about to be killed, and what they must find again.
import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EvilUpstream, startEvilUpstream } from './evil-upstream.ts'
import type { Packument } from './registry-client.ts'

/** The load of one data folder. */
export type UpstreamLoad = AsyncDisposable & {
  /** What the server is started with. */
  readonly flags: readonly string[]
  /** Installs until the server is gone. Several clients of one life want the same packages at once. */
  readonly run: (url: string, life: number) => Promise<void>
  /** Looks whether everybody gets again what somebody got. */
  readonly check: (url: string) => Promise<void>
  /** Between two lives: the upstream changes some of its packages, and now and then the copies here are lost. */
  readonly change: (dir: string, life: number) => Promise<void>
  /** How many versions somebody was told of. */
  readonly count: () => number
}

/** What somebody was told of a version, and whether the upstream still has those bytes. */
type Told = { readonly integrity: string; isSwapped: boolean }

const versions = ['1.0.0', '1.1.0'] as const
const largeBytes = 400 * 1024 // Over what is waited for as a whole: it is told on as it comes.
const swapsPerLife = 3
const checksAtOnce = 16

/** Starts an upstream that sends large tarballs slowly, so that kills come in the middle of them. */
export async function startUpstreamLoad(): Promise<UpstreamLoad> {
  const upstream = await startEvilUpstream()
  const told = new Map<string, Map<string, Told>>()
  return {
    flags: ['--upstreams', JSON.stringify([{ id: 'up', url: upstream.url }])],
    run: async (url, life) => {
      for (let number = 0; ; number++) {
        const name = `up-${life}-${number}`
        putPackage(upstream, name)
        const clients = [1, 2, 3].map(() => install(url, name, told))
        if ((await Promise.all(clients)).includes(false)) return
      }
    },
    check: async (url) => {
      const left = [...told]
      const checkMany = async (): Promise<void> => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          await checkPackage(url, ...next)
        }
      }
      await Promise.all(Array.from({ length: checksAtOnce }, checkMany)) // Many of them come slowly again.
    },
    change: async (dir, life) => {
      for (const [name, releases] of [...told].slice(-swapsPerLife)) {
        putPackage(upstream, name)
        for (const one of releases.values()) one.isSwapped = true
      }
      if (life % 5 !== 4) return
      for (const name of readdirSync(dir)) {
        if (name.startsWith('upstream')) await rm(join(dir, name), { recursive: true })
      }
    },
    count: () => [...told.values()].reduce((sum, releases) => sum + releases.size, 0),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  }
}

/** How many tarballs lie in the data folder that did not come to their end. */
export function countHalfFetched(dir: string): number {
  const folder = join(dir, 'upstream')
  if (!existsSync(folder)) return 0
  return readdirSync(folder).filter((name) => name.endsWith('.tmp')).length
}

/** A small release and a large one; each time with other bytes. */
function putPackage(upstream: EvilUpstream, name: string): void {
  const [small, large] = versions
  upstream.put(name, [
    { version: small, text: randomBytes(20).toString('hex') },
    { version: large, text: randomBytes(largeBytes).toString('base64') },
  ])
  upstream.spoil(`/${name}/-/${name}-${large}.tgz`, { chunkBytes: largeBytes / 8, everyMs: 15 })
}

/** One client; false when the server is gone. What it got before is told. */
async function install(
  url: string,
  name: string,
  told: Map<string, Map<string, Told>>,
): Promise<boolean> {
  try {
    const response = await fetch(`${url}/${name}`)
    const text = await response.text()
    assert.equal(response.status, 200, text)
    const packument: Packument = JSON.parse(text)
    const releases = told.get(name) ?? new Map<string, Told>()
    told.set(name, releases)
    for (const version of versions) {
      const integrity = packument.versions[version]?.dist.integrity
      assert.ok(integrity !== undefined, `${name}@${version} is missing`)
      assert.equal(releases.get(version)?.integrity ?? integrity, integrity)
      releases.set(version, { integrity, isSwapped: false })
    }
    await Promise.all(
      [...releases].map(([version, one]) => checkTarball(url, { name, version, ...one })),
    )
    return true
  } catch (error) {
    if (error instanceof TypeError) return false // What fetch throws when the server is gone.
    throw error
  }
}

async function checkPackage(
  url: string,
  name: string,
  releases: ReadonlyMap<string, Told>,
): Promise<void> {
  const response = await fetch(`${url}/${name}`)
  const text = await response.text()
  assert.equal(response.status, 200, `The package ${name} is gone: ${text}`)
  const packument: Packument = JSON.parse(text)
  for (const [version, { integrity, isSwapped }] of releases) {
    const found = packument.versions[version]?.dist.integrity
    const isLost = found === undefined && isSwapped // Its record may be lost with the copies: then it is not served.
    assert.ok(isLost || found === integrity, `${name}@${version} is ${found}, was ${integrity}`)
    await checkTarball(url, { name, version, integrity, isSwapped })
  }
}

/** Whatever comes whole is right; and it does come, as long as the upstream has it. */
async function checkTarball(
  url: string,
  {
    name,
    version,
    integrity,
    isSwapped,
  }: Told & { readonly name: string; readonly version: string },
): Promise<void> {
  const found = await readTarball(`${url}/${name}/-/${name}-${version}.tgz`).catch((error) => {
    if (!isSwapped) throw error // Else the other bytes were told on as they came, and cut off before their end.
  })
  if (found === undefined || (isSwapped && found.status !== 200)) return
  const { status, bytes } = found
  assert.equal(status, 200, bytes.toString())
  assert.equal(`sha512-${hash('sha512', bytes, 'base64')}`, integrity, `${name}@${version}`)
}

async function readTarball(
  url: string,
): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  const response = await fetch(url)
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
}
