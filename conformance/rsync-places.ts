// Places that rsync reaches on one machine: a daemon, and an ssh that runs here what it is told.
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installMissing } from './debian-packages.ts'
import { findFreePort } from './free-port.ts'
import { runProgram, spawnOwn } from './processes.ts'

/** rsync is there after it: as root it is installed where it is missing. */
export function needRsync(): Promise<void> {
  return installMissing([{ file: 'rsync', package: 'rsync' }])
}

/** Writes a program for RSYNC_RSH into the folder, as rsync's own tests have it. Gives its path. */
export async function makeShell(folder: string): Promise<string> {
  const shell = join(folder, 'ssh')
  await writeFile(
    shell,
    '#!/bin/sh\nwhile [ "$1" = -l ]; do shift 2; done\nshift\nexec sh -c "$*"\n',
  )
  await chmod(shell, 0o755)
  return shell
}

/** rsync's daemon with one module, `mirrors`. */
export async function startDaemon(
  folder: string,
  path: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await findFreePort()
  const file = join(folder, 'rsyncd.conf')
  const user = process.getuid?.() === 0 ? 'uid = root\ngid = root\n' : ''
  await writeFile(
    file,
    `${user}use chroot = no\naddress = 127.0.0.1\nport = ${port}\n[mirrors]\npath = ${path}\nread only = no\n`,
  )
  const env = { PATH: process.env['PATH'] }
  // With a socket as its input it would speak to that.
  const script = `exec rsync --daemon --no-detach --config '${file}' </dev/null`
  const child = spawnOwn('sh', ['-c', script], { cwd: folder, env })
  child.stdout.resume()
  child.stderr.resume()
  const ended = once(child, 'exit')
  for (let tries = 0; tries < 100; tries++) {
    const { code } = await runProgram('rsync', [`rsync://localhost:${port}/`], { cwd: folder, env })
    if (code === 0) break
    await sleep(50)
  }
  return {
    url: `rsync://localhost:${port}/mirrors`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
