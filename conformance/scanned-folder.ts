// A folder with packages that a server scans, and questions to the tree of its JS Registry.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where the tree is, below a server's address. */
export const tree = '/resources/jsregistry/root'

const waitMs = 60_000

/** Writes files below a folder, making the folders that they need. */
export async function putFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** Writes a package of two files. */
export function putPackage(
  folder: string,
  manifest: { readonly name: string; readonly version: string; readonly [member: string]: unknown },
  main = `module.exports = '${manifest.name}@${manifest.version}'\n`,
): Promise<void> {
  return putFiles(folder, { 'package.json': JSON.stringify(manifest), 'main.js': main })
}

/** Asks until the answer is wanted, and gives it. */
export async function untilAnswer<T>(
  what: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
): Promise<T> {
  const startMs = performance.now()
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (performance.now() - startMs > waitMs) {
      throw new Error(`${what} did not come within ${waitMs} ms: ${JSON.stringify(answer)}`)
    }
    await sleep(100)
  }
}

/** JSON at an address, and its status. */
export async function askJson(
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly json: unknown }> {
  const response = await fetch(address, { headers: { accept: 'application/json', ...headers } })
  return { status: response.status, json: await response.json() }
}

/** Waits until the tree shows a version. */
export async function untilLocated(url: string, name: string, version: string): Promise<void> {
  const address = `${url}${tree}/${name}/${version}`
  await untilAnswer(
    `${name}@${version}`,
    () => askJson(address),
    ({ status }) => status === 200,
  )
}
