// A script in packages of a workspace: none before what it depends on, several at a time.
import { join } from 'node:path'
import type { Project } from '../client/project/project.ts'
import { inStages, type Member } from '../client/project/select-workspaces.ts'
import { codeOfSignal } from '../ending.ts'
import { announce, findScript } from './events.ts'
import { usualConcurrency } from './limits.ts'
import { type Output, openRunner, type Runner } from './run-script.ts'

/** How a script ended in a package. */
export type ScriptResult = {
  readonly package: string
  readonly event: string
  readonly code: number
  readonly signal?: NodeJS.Signals | undefined
}

/** What is asked for. */
export type MembersAsked = {
  readonly root: string
  /** What the folders of packages are below. */
  readonly base: string
  /** The workspace; undefined where a single package.json is meant. */
  readonly project: Project | undefined
  readonly script: string
  readonly args: readonly string[]
  readonly command: string
  readonly env: NodeJS.ProcessEnv
  readonly main: URL
  readonly stop: AbortSignal
  readonly isBailing: boolean
  readonly isParallel: boolean
  readonly concurrency: number | undefined
  /** Standard output is for the report alone. */
  readonly isData: boolean
  /** Without `pre` and `post`. */
  readonly isPlain: boolean
  readonly shell: string | undefined
  readonly say: (line: string) => void
}

/** Runs it in those that have it. What was not begun before a failure is not among the results. */
export async function runInMembers(
  members: readonly Member[],
  asked: MembersAsked,
): Promise<readonly ScriptResult[]> {
  const { project, script, isParallel, isBailing, env, base } = asked
  const having = members.filter(({ folder, manifest }) => {
    const of = { folder: join(base, folder), manifest }
    const isThere = (name: string): boolean => findScript(of, name) !== undefined
    return isThere(script) || (script === 'restart' && isThere('start'))
  })
  const able = having.filter(({ folder }) => !isOuter(env, asked, folder))
  const failing = new AbortController()
  const stop = AbortSignal.any([asked.stop, failing.signal])
  const runner = openRunner({ ...asked, stop })
  const stages = isParallel || project === undefined ? [able] : inStages(project, able)
  const concurrency = isParallel ? able.length : (asked.concurrency ?? usualConcurrency)
  const results: ScriptResult[] = []
  for (const stage of stages) {
    const waiting = [...stage]
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (stop.aborted) return
        const result = await runOne(next, { ...asked, stop, runner, isAlone: members.length === 1 })
        results.push(result)
        if (result.code !== 0 && isBailing) failing.abort('SIGTERM')
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, stage.length) }, work))
  }
  return results
}

/** The script that runs this very command, in the package that it is of: it would never end. */
function isOuter(
  env: NodeJS.ProcessEnv,
  { base, script, project }: MembersAsked,
  folder: string,
): boolean {
  return (
    project !== undefined &&
    env['npm_lifecycle_event'] === script &&
    env['npm_package_json'] === join(base, folder, 'package.json')
  )
}

/** A script before it may have ended as if nothing was. */
function stoppedBefore({ name }: Member, event: string, stop: AbortSignal): ScriptResult {
  return { package: name, event, code: codeOfSignal(String(stop.reason)) }
}

type Alone = MembersAsked & { readonly runner: Runner; readonly isAlone: boolean }

async function runOne(member: Member, asked: Alone): Promise<ScriptResult> {
  const { script, args, base, isAlone, runner, say, stop } = asked
  const isPlain = asked.isPlain || runner.isPlain
  const of = { folder: join(base, member.folder), manifest: member.manifest }
  const { isData } = asked
  const output: Output = isAlone
    ? { kind: 'shown', isData }
    : { kind: 'marked', mark: `${member.name}: `, isData }
  const around = (name: string, inside: readonly string[]): readonly string[] =>
    isPlain ? inside : [`pre${name}`, ...inside, `post${name}`]
  const isBoth = script === 'restart' && findScript(of, script) === undefined
  const both = isBoth ? ['stop', 'start'].flatMap((each) => around(each, [each])) : [script]
  for (const event of around(script, both)) {
    const text = findScript(of, event)
    if (text === undefined) continue
    if (stop.aborted) return stoppedBefore(member, event, stop)
    const own = event === (isBoth ? 'start' : script) ? args : []
    announce(of, { event, script: text, args: own, say })
    const { code, signal } = await runner.run({ ...of, event, script: text, args: own }, output)
    if (code !== 0 || signal !== undefined) {
      return { package: member.name, event, code: codeOf(code, signal), signal }
    }
  }
  return { package: member.name, event: script, code: 0 }
}

/** As a shell tells of it. */
function codeOf(code: number, signal: NodeJS.Signals | undefined): number {
  return signal === undefined ? code : codeOfSignal(signal)
}
