// The README's quickstart and its service of a script, their very lines, as a reader would type them into two terminals of a fresh checkout.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { findFreePort } from './free-port.ts'
import { createNpm, credentials, npmVersions } from './npm-client.ts'
import { readBlocks, startInTerminal } from './page-lines.ts'
import { runProgram } from './processes.ts'
import { repository } from './server.ts'
import { makeFolder } from './temporary-folder.ts'

const readmePort = 4873
const readmeServicePort = 5555
/** What brought the reader, and this test, here. */
const installLine = 'npm ci'
const startLine = 'npm start'
const typingTimeoutMs = 120_000

for (const version of npmVersions) {
  suite(version, () => {
    test(`the quickstart works line by line with ${version}`, async () => {
      const lines = readQuickstart(await readFile(join(repository, 'README.md'), 'utf8'))
      assert.equal(lines[0], installLine)
      assert.equal(lines[1], startLine)
      await using folder = await makeFolder('quickstart')
      const checkout = await linkCheckout(join(folder.path, 'checkout'))
      const before = await readdir(checkout)
      const npm = await createNpm(version, { folder: folder.path })
      const port = await findFreePort()
      const env = { ...npm.env, STELE_PORT: String(port) }
      await using _server = await startInTerminal(startLine, { cwd: checkout, env })
      const typed = lines.slice(2).join('\n').replaceAll(`:${readmePort}`, `:${port}`)
      const { code, stdout, shown } = await runProgram(
        'bash',
        ['--norc', '-e', '-x', '-c', typed],
        {
          cwd: checkout,
          env: npm.env,
          answers: credentials('reader', 'correct horse'),
          timeoutMs: typingTimeoutMs,
        },
      )
      assert.equal(code, 0, shown)
      assert.match(stdout, /^Hello from a log$/m)
      assert.match(stdout, /verified/i, 'The quickstart ends with "stele verify"')
      const made = (await readdir(checkout)).filter((name) => !before.includes(name))
      assert.deepEqual(made, ['data'], 'It leaves the data folder in the clone, and no more')
    })
  })
}

test("the README's service of a script works line by line", async () => {
  const readme = await readFile(join(repository, 'README.md'), 'utf8')
  const [begin = '', use = ''] = readBlocks(readme, 'A script of your own as a service')
  const [serveLine = '', ...before] = begin.trimEnd().split('\n').reverse()
  assert.match(serveLine, /^npx nodevms exec /)
  await using folder = await makeFolder('quickstart')
  const cwd = await linkCheckout(join(folder.path, 'checkout'))
  const version = npmVersions[0] ?? assert.fail()
  const { env } = await createNpm(version, { folder: folder.path })
  const run = (lines: string): ReturnType<typeof runProgram> =>
    runProgram('bash', ['--norc', '-e', '-c', lines], { cwd, env, timeoutMs: typingTimeoutMs })
  assert.equal((await run(before.reverse().join('\n'))).code, 0)
  const port = await findFreePort()
  const line = `${serveLine} --port ${port} 1>&2`
  await using _server = await startInTerminal(line, { cwd, env }, /^Call log:/)
  const { code, stdout, shown } = await run(use.replaceAll(`:${readmeServicePort}`, `:${port}`))
  assert.equal(code, 0, shown)
  assert.match(stdout, /^Hello$/m)
  assert.match(stdout, /^Call log: verified, 2 entries, 1 call run again$/m)
  assert.match(stdout, /^Files: verified/m)
})

/** The lines in the `sh` blocks of the section "Quickstart". */
function readQuickstart(readme: string): readonly string[] {
  return readBlocks(readme, 'Quickstart').join('').trimEnd().split('\n')
}

/** A folder that holds what the repository holds, and room for what the reader makes. */
async function linkCheckout(path: string): Promise<string> {
  await mkdir(path)
  for (const name of await readdir(repository)) {
    if (name === '.git' || name === 'data') continue
    await symlink(join(repository, name), join(path, name))
  }
  return path
}
