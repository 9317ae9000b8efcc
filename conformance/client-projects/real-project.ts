// A project as somebody has it: how it is made, and what must work once it is installed.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { findFreePort } from '../free-port.ts'
import { type Finished, killGroup, runProgram, spawnOwn } from '../processes.ts'
import { repository } from '../server.ts'

/** What runs in one project's folder. */
export type Workplace = {
  readonly folder: string
  readonly home: string
  readonly run: (program: string, args: readonly string[]) => Promise<Finished>
  /** Fails the test where the command does. */
  readonly stele: (...args: readonly string[]) => Promise<Finished>
  /** Runs what is in node_modules/.bin. Fails the test where the command does. */
  readonly bin: (name: string, ...args: readonly string[]) => Promise<Finished>
  readonly write: (files: { readonly [path: string]: string }) => Promise<void>
  /** Starts a script of package.json with a port, and gives what the paths answer once it does. */
  readonly pages: (
    script: readonly string[],
    paths: readonly string[],
  ) => Promise<readonly string[]>
}

/** A project by name. */
export type RealProject = {
  readonly name: string
  /** Packages that are at least in its lock. */
  readonly packages: number
  readonly make: (place: Workplace) => Promise<void>
  /** What its owner does after an installation. */
  readonly use: (place: Workplace) => Promise<void>
  /** Why it cannot work where its packages are links out of the project; `auto` knows that by itself. */
  readonly notGlobal?: string
}

const main = join(repository, 'packages', 'stele', 'src', 'main.ts')
const slowMs = 8 * 60_000

/** The folder as a place to work, with a store and a home in `home`. */
export function workplace(folder: string, home: string): Workplace {
  // The registry, proxies and authorities are this machine's; all else is the project's own.
  // Headers that npm was told of are those of the Node that npm runs on.
  const { NODE_TEST_CONTEXT: _, npm_config_nodedir: __, ...machine } = process.env
  const env: NodeJS.ProcessEnv = {
    ...machine,
    PATH: [dirname(process.execPath), machine['PATH']].join(delimiter),
    npm_config_userconfig: machine['npm_config_userconfig'] ?? join(homedir(), '.npmrc'),
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    CI: 'true',
    NEXT_TELEMETRY_DISABLED: '1',
  }
  const run = async (program: string, args: readonly string[]): Promise<Finished> => {
    const finished = await runProgram(program, args, { cwd: folder, env, timeoutMs: slowMs })
    assert.equal(finished.code, 0, `${[program, ...args].join(' ')}\n${finished.shown}`)
    return finished
  }
  return {
    folder,
    home,
    run,
    stele: (...args) => run(process.execPath, [main, ...args]),
    bin: (name, ...args) => run(join(folder, 'node_modules', '.bin', name), args),
    write: async (files) => {
      await mkdir(folder, { recursive: true })
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), text)
      }
    },
    pages: async (script, paths) => {
      const port = await findFreePort()
      const args = [main, ...script.map((each) => each.replace('{port}', `${port}`))]
      const child = spawnOwn(process.execPath, args, {
        cwd: folder,
        env: { ...env, PORT: `${port}` },
      })
      const said: Buffer[] = []
      for (const output of [child.stdout, child.stderr])
        output.on('data', (text) => said.push(text))
      try {
        const found: string[] = []
        for (const path of paths) {
          const page = await firstAnswer(`http://127.0.0.1:${port}${path}`, () =>
            child.exitCode === null ? undefined : Buffer.concat(said).toString(),
          )
          found.push(page)
        }
        return found
      } finally {
        if (child.exitCode === null) {
          const gone = once(child, 'exit')
          killGroup(child)
          await gone
        }
      }
    },
  }
}

/** What the address answers once it answers at all. */
async function firstAnswer(url: string, ended: () => string | undefined): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const said = ended()
    if (said !== undefined) throw new Error(`It ended before it answered:\n${said}`)
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok === true) return await response.text()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} never answered`)
}

/** Runs a generator of projects as it is published. */
export async function generate(
  place: Workplace,
  generator: string,
  args: readonly string[],
): Promise<void> {
  const tools = workplace(join(place.home, 'generators', generator), place.home)
  await tools.write({ 'package.json': '{ "private": true }' })
  await tools.stele('add', generator)
  await place.run(join(tools.folder, 'node_modules', '.bin', generator), args)
}
