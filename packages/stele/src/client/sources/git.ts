// Packages in Git repositories: which commit is meant, and its files as a tarball. Git itself does the work; nothing of a
// repository is run.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { awaitProgram, beforeEnd } from '../../ending.ts'
import { gitTimeoutMs, maxGitBytes } from '../limits.ts'
import type { GitAddress } from './git-address.ts'
import { highestTag } from './git-tags.ts'

/** A commit of a repository, and the URL that Git reached it by. */
export type GitCommit = { readonly commit: string; readonly url: string }

const wholeCommit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** The commit that is meant. Throws an Error whose message says why there is none. */
export async function findCommit(address: GitAddress, env: NodeJS.ProcessEnv): Promise<GitCommit> {
  if (wholeCommit.test(address.committish)) {
    return { commit: address.committish, url: address.urls[0] ?? '' }
  }
  const { url, text } = await listRefs(address, env)
  const refs = new Map(
    text.split('\n').map((line) => {
      const [commit = '', name = ''] = line.split('\t')
      return [name, commit] as const
    }),
  )
  const commit = chosenRef(address, refs)
  if (commit !== undefined) return { commit, url }
  if (!/^[0-9a-f]{4,39}$/.test(address.committish)) throw new Error(absent(address, refs))
  return { commit: await lengthen(address, url, env), url }
}

async function listRefs(
  { urls }: GitAddress,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly url: string; readonly text: string }> {
  const problems: string[] = []
  for (const url of urls) {
    try {
      const text = await git(['ls-remote', '--', url], { cwd: tmpdir(), env })
      return { url, text: text.toString('utf8') }
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new Error(problems.join('; '))
}

function chosenRef(
  { range, committish }: GitAddress,
  refs: ReadonlyMap<string, string>,
): string | undefined {
  const tag = (name: string): string | undefined =>
    refs.get(`refs/tags/${name}^{}`) ?? refs.get(`refs/tags/${name}`)
  if (range !== undefined) {
    const tags = [...refs.keys()].flatMap(
      (name) => /^refs\/tags\/(.+?)(?:\^\{\})?$/.exec(name)?.[1] ?? [],
    )
    return tag(highestTag(tags, range) ?? '')
  }
  if (committish === '') return refs.get('HEAD')
  return refs.get(`refs/heads/${committish}`) ?? tag(committish) ?? refs.get(committish)
}

function absent({ range, committish }: GitAddress, refs: ReadonlyMap<string, string>): string {
  if (range !== undefined) return `it has no tag that is a version within "${range}"`
  if (committish === '') return 'it has no commits'
  const names = [...refs.keys()].filter((name) => name.startsWith('refs/heads/'))
  const branches = names.slice(0, 5).map((name) => name.slice('refs/heads/'.length))
  return `it has no branch, tag or commit "${committish}"; branches are ${branches.join(', ')}`
}

/** A commit by its first digits: the whole history has to be looked at. */
function lengthen(address: GitAddress, url: string, env: NodeJS.ProcessEnv): Promise<string> {
  return inFolder(async (cwd) => {
    await fetchAll(url, { cwd, env })
    const wanted = `${address.committish}^{commit}`
    const found = await git(['rev-parse', '--verify', '--end-of-options', wanted], { cwd, env })
    return found.toString('utf8').trim()
  })
}

/**
 * The files of a commit as a tarball. The commit is whole: what comes from a lock is a stranger's, and Git would take some of it for an
 * option. Throws an Error whose message says what is wrong.
 */
export function packCommit(
  { path }: GitAddress,
  { commit, url }: GitCommit,
  env: NodeJS.ProcessEnv,
): Promise<Buffer> {
  return inFolder(async (cwd) => {
    if (!wholeCommit.test(commit)) throw new Error(`"${commit}" is not the id of a commit`)
    const running = { cwd, env }
    await git(['init', '-q', '--bare', '.'], running)
    try {
      await git(['fetch', '-q', '--depth', '1', '--', url, commit], running)
    } catch {
      await fetchAll(url, running) // Some servers give only what a branch or tag names.
    }
    const tree = path === '' ? commit : `${commit}:${path}`
    const tar = await git(['archive', '--format=tar', '--prefix=package/', tree], running)
    return gzipSync(tar, { level: 1 })
  })
}

async function fetchAll(url: string, running: Running): Promise<void> {
  await git(['init', '-q', '--bare', '.'], running)
  await git(
    ['fetch', '-q', '--', url, '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'],
    running,
  )
}

async function inFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'stele-git-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Running = { readonly cwd: string; readonly env: NodeJS.ProcessEnv }

/** Never asks anybody anything: there may be nobody. What a hook of Git around this process set is not meant for this one. */
function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(
    ([name]) => !/^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|PREFIX)$/.test(name),
  )
  return {
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oStrictHostKeyChecking=accept-new',
    ...Object.fromEntries(others),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'echo',
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
  }
}

/** Standard output. Throws an Error with the last line that Git complained in. */
function git(args: readonly string[], { cwd, env }: Running): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const slow = ['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=30']
  const child = spawn('git', [...slow, ...args], {
    cwd,
    env: gitEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: gitTimeoutMs,
    windowsHide: true,
  })
  const [output, complaints]: [Buffer[], Buffer[]] = [[], []]
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxGitBytes) child.kill()
    else output.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
  child.on('error', (error) => {
    const isMissing = 'code' in error && error.code === 'ENOENT'
    reject(isMissing ? new Error('Git is not installed, or not on PATH', { cause: error }) : error)
  })
  const stopping = beforeEnd(() => void child.kill())
  child.on('close', (status, signal) => {
    stopping[Symbol.dispose]()
    if (status === 0) return resolve(Buffer.concat(output))
    const lines = Buffer.concat(complaints).toString('utf8').trim().split('\n')
    const told = lines.find((line) => line.startsWith('fatal:')) ?? lines.at(-1) ?? ''
    const ended =
      size > maxGitBytes
        ? `it has more than ${maxGitBytes} bytes`
        : signal === null
          ? ''
          : `Git took more than ${gitTimeoutMs / 1000} s`
    reject(new Error(ended === '' ? told.replace(/^fatal: /, '') : ended))
  })
  return awaitProgram(promise)
}
