// Programs that Debian ships and some suites need: installed when missing, where that is allowed.
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { runProgram } from './processes.ts'

/** What is needed, which file shows that it is there, and the package that brings it. */
export type Need = { readonly file: string; readonly package: string }

const installTimeoutMs = 5 * 60 * 1000

/** Installs what is missing. Throws, naming all of it, when this user may not or it does not work. */
export async function installMissing(needs: readonly Need[]): Promise<void> {
  const missing = needs.filter((need) => !isThere(need)).map((need) => need.package)
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0) {
    throw new Error(`This suite needs Debian packages that are missing; as root: ${command}`)
  }
  if ((await apt('install', missing)) && needs.every(isThere)) return
  await apt('update', [])
  if ((await apt('install', missing)) && needs.every(isThere)) return
  throw new Error(`This suite needs Debian packages that could not be installed: ${command}`)
}

async function apt(command: 'install' | 'update', packages: readonly string[]): Promise<boolean> {
  const options = ['-y', '-q', ...(command === 'install' ? ['--no-install-recommends'] : [])]
  const { code, shown } = await runProgram('apt-get', [command, ...options, ...packages], {
    cwd: tmpdir(),
    timeoutMs: installTimeoutMs,
    // In runlevel 1 no service is started: a suite starts its own.
    env: { PATH: process.env['PATH'], DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  })
  if (code !== 0) process.stderr.write(shown)
  return code === 0
}

/** An absolute path, or a program on the PATH (where Debian keeps those of the administrator besides). */
function isThere({ file }: Need): boolean {
  if (file.startsWith('/')) return existsSync(file)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => existsSync(join(folder, file)))
}
