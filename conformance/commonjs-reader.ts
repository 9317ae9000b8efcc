// A reader of CommonJS Packages/Registry 1.0 that is no client of npm's: curl, and addresses that are followed from a registry's root to the
// bytes of a tarball, through other registries where they lead there. Credentials stay with the registry that they are for.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './processes.ts'

/** Where it begins, and what it is looking for. */
export type Reading = {
  readonly root: string
  readonly name: string
  readonly version: string
  /** For the registry of the root alone. */
  readonly token?: string
  /** A folder for what curl writes. */
  readonly scratch: string
}

/** What was found, and each address on the way. */
export type Found = { readonly tarball: Buffer; readonly addresses: readonly string[] }

const maxRedirects = 5

/** Throws where something is another package, another version or other bytes than it should be. */
export async function readPackage(reading: Reading): Promise<Found> {
  const { root, name, version } = reading
  const addresses: string[] = []
  const get = async (address: string): Promise<Buffer> => {
    const { url, bytes } = await curl(reading, address)
    addresses.push(url)
    return bytes
  }
  const follow = async (told: unknown): Promise<unknown> =>
    typeof told === 'string' ? JSON.parse((await get(told)).toString()) : told
  const entry = memberOf(await follow(root), name) ?? `${root}/${encodeURIComponent(name)}`
  const pack = await follow(entry)
  assert.equal(memberOf(pack, 'name'), name, 'It is another package')
  const told = memberOf(memberOf(pack, 'versions'), version)
  assert.ok(told !== undefined, `There is no ${name}@${version}`)
  const withDist = typeof told === 'string' ? `${told}?dist=true` : told
  const release = await follow(withDist)
  assert.equal(memberOf(release, 'name'), name, 'It is another package')
  assert.equal(memberOf(release, 'version'), version, 'It is another version')
  const dist = memberOf(release, 'dist')
  const tarball = await get(String(memberOf(dist, 'tarball')))
  assert.equal(hash('sha1', tarball, 'hex'), memberOf(dist, 'shasum'), 'The bytes are others')
  return { tarball, addresses }
}

/** One answer at the end of all redirects. */
async function curl(
  { root, token, scratch }: Reading,
  address: string,
): Promise<{ readonly url: string; readonly bytes: Buffer }> {
  const file = join(scratch, 'answer')
  let url = address
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const isOwn = token !== undefined && new URL(url).origin === new URL(root).origin
    const headers = [
      'Accept: application/json',
      ...(isOwn ? [`Authorization: Bearer ${token}`] : []),
    ]
    const { code, shown } = await runProgram(
      'curl',
      [
        '-sS',
        '-o',
        file,
        '-w',
        '%{http_code} %{redirect_url}',
        ...headers.flatMap((header) => ['-H', header]),
        url,
      ],
      { cwd: scratch, env: { PATH: process.env['PATH'] } },
    )
    assert.equal(code, 0, shown)
    const [status, location = ''] = shown.split(' ')
    if (location === '') {
      const bytes = await readFile(file)
      assert.equal(status, '200', `${url}: ${bytes.toString().slice(0, 1000)}`)
      return { url, bytes }
    }
    url = location
  }
  throw new Error(`${address} redirects more than ${maxRedirects} times`)
}

function memberOf(json: unknown, name: string): unknown {
  const isThere = typeof json === 'object' && json !== null && Object.hasOwn(json, name)
  return isThere ? Reflect.get(json, name) : undefined
}
