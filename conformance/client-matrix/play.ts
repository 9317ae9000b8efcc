// Plays one step with one client.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { type Files, setFolder } from '../npm-world.ts'
import { type Finished, runProgram } from '../processes.ts'
import type { Client, Command } from './client.ts'
import { npmCommands } from './npm.ts'
import { commandOf, fill, type Stage, type Values } from './stage.ts'
import type { Step } from './step.ts'
import { readInstalled, readTree } from './tree.ts'

/** How the client types a step; undefined when it has no command for it. */
export function typed(
  client: Client,
  step: Step,
): { readonly command: Command; readonly npm: boolean } | undefined {
  if (step.home === 'limited' && client.ageLimit === undefined) return undefined
  return commandOf(client, step.verb, step.needed === true ? npmCommands : {})
}

/** Runs the step's command, and nothing else. */
export async function runStep(stage: Stage, step: Step): Promise<Finished> {
  const { client, names } = stage
  const found = typed(client, step)
  assert.ok(found !== undefined, `${client.name} has no command for "${step.verb}"`)
  const cwd = stage.path(step.in ?? 'nowhere')
  const files =
    step.files ?? (step.in === undefined ? { 'package.json': { name: 'nowhere' } } : undefined)
  if (files !== undefined) await setUp(stage, { folder: step.in ?? '', cwd, files })
  for (const name of step.without ?? [])
    await rm(stage.path(step.in ?? '', name), { recursive: true })
  const values = { ...names, ...step.with }
  const words = wordsOf(found.command).map((word) => fill(word, values))
  const where = { cwd, home: step.home ?? 'usual', npm: found.npm }
  if (step.verb === 'publish' && client.beforePublish !== undefined) {
    const { code, shown } = await stage.run(client.beforePublish.split(' '), where)
    assert.equal(code, 0, shown)
  }
  return stage.run(words, where)
}

/** Fills a folder, and remembers what a publish of it must store. */
async function setUp(
  { client, names, sources }: Stage,
  { folder, cwd, files }: { readonly folder: string; readonly cwd: string; readonly files: Files },
): Promise<void> {
  const given = filled(files, names)
  await setFolder(cwd, given)
  sources.set(folder, readTree(cwd))
  if (client.projectFiles !== undefined) await setFolder(cwd, { ...client.projectFiles, ...given })
}

/** Runs the step and checks all that it says. */
export async function playStep(stage: Stage, step: Step): Promise<void> {
  const { client, names, proxy } = stage
  const before = proxy.answered.length
  const finished = await runStep(stage, step)
  const asked = proxy.answered
    .slice(before)
    .map(({ method, path, status }) => `${method} ${path} ${status}`)
  const account = `${finished.shown}\n${asked.join('\n')}`
  const limit = step.home === 'limited' ? client.ageLimit : undefined
  const command = typed(client, step)?.command
  if (step.ends === 'refused') assert.notEqual(finished.code, 0, account)
  else if (step.ends === undefined)
    assert.equal(finished.code, limit?.code ?? codeOf(command), account)
  for (const wanted of [...(step.shows ?? []), ...(limit === undefined ? [] : [limit.shows])])
    if (typeof wanted === 'string') assert.ok(finished.shown.includes(fill(wanted, names)), account)
    else assert.match(finished.shown, wanted, account)
  const tree = limit === undefined ? step.tree : limit.tree
  if (tree !== undefined) await assertInstalled(stage, step.in ?? '', tree)
  await step.check?.(stage, finished)
}

/** node_modules holds these packages, byte for byte as published, nothing else, and they run. */
async function assertInstalled(
  stage: Stage,
  folder: string,
  tree: readonly string[],
): Promise<void> {
  const { packages, others } = readInstalled(stage.path(folder))
  const specs = tree.map((spec) => fill(spec, stage.names))
  const wanted = Object.fromEntries(specs.map((spec) => [spec, stage.published.get(spec)]))
  assert.deepEqual(Object.keys(packages).sort(), [...specs].sort())
  assert.deepEqual(packages, wanted)
  assert.deepEqual(
    others.filter((path) => !stage.client.ownFiles.test(path)),
    [],
  )
  const { left = '', right = '' } = stage.names
  const version = specs.find((spec) => spec.startsWith(`${left}@`))?.slice(left.length + 1)
  const cwd = stage.path(folder)
  const env = { PATH: process.env['PATH'] }
  const ran = await runProgram(stage.path(folder, 'node_modules', '.bin', left), [], { cwd, env })
  assert.equal(ran.shown, `ran left ${version}\n`)
  if (!specs.includes(`${right}@1.0.0`)) return
  const used = await runProgram(process.execPath, ['-p', `require('${right}')`], { cwd, env })
  assert.equal(used.shown, `left ${version}, extra\n`)
}

function filled(files: Files, names: Values): Files {
  const texts = Object.entries(files).map(([path, content]) => {
    if (content instanceof Uint8Array) return [path, content]
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
    return [path, text.replace(/\{(\w+)\}/g, (all, name: string) => names[name] ?? all)]
  })
  return Object.fromEntries(texts)
}

function wordsOf(command: Command): readonly string[] {
  return (typeof command === 'string' ? command : command[0]).split(' ')
}

function codeOf(command: Command | undefined): number {
  return typeof command === 'object' ? command[1] : 0
}
