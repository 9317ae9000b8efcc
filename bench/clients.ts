// What each client shows, command by command, beside the same command against Verdaccio. Prints the lines that differ.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Client } from '../conformance/client-matrix/client.ts'
import { clients } from '../conformance/client-matrix/clients.ts'
import { runStep, typed } from '../conformance/client-matrix/play.ts'
import { openStage, type Stage } from '../conformance/client-matrix/stage.ts'
import { steps } from '../conformance/client-matrix/steps.ts'
import { makeFolder } from '../conformance/temporary-folder.ts'
import { type RegistryName, startRegistry } from './parts/registries.ts'

type Shown = ReadonlyMap<string, readonly string[]>

/** What is different each time, and what stands for it. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/https?:\/\/(localhost|127\.0\.0\.1):\d+/g, 'REGISTRY'],
  [/localhost:\d+/g, 'REGISTRY'],
  [/\/[^\s'"]*\/stele-clients-[^\s'"]*/g, 'FOLDER'],
  [/\/tmp\/\S*/g, 'FOLDER'],
  [/\d{4}-\d\d-\d\d([T_ ]\d\d[:_]\d\d[:_]\d\d([._]\d+)?Z?)?/g, 'TIME'],
  [/(just now|less than a minute ago|(\d+|an?) (second|minute|hour)s? ago)/g, 'TIME'],
  [/\b\d+s \d+ms\b|\b\d+(\.\d+)?m?s\b/g, 'TOOK'],
  [/sha512-[\w+/=.…]+(\[\.\.\.\])?[\w+/=]*/g, 'INTEGRITY'],
  [/\b[0-9a-f]{40}\b/g, 'SHASUM'],
]

/** Stack traces, timings of one request, and progress, which tells how fast the machine was. */
const isNoise = /^\s+at |^\s+\w+: \d+,?$|^Progress: |^➤ YN0000: └ Completed/

const wanted = process.argv.slice(2)
for (const client of clients.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const [theirs, ours] = [await playAll(client, 'verdaccio'), await playAll(client, 'stele')]
  for (const [claim, lines] of ours) {
    const others = theirs.get(claim) ?? []
    const differing = [
      ...others.filter((line) => !lines.includes(line)).map((line) => `  Verdaccio | ${line}`),
      ...lines.filter((line) => !others.includes(line)).map((line) => `  Stele     | ${line}`),
    ]
    if (differing.length > 0) console.log(`${client.name}: ${claim}\n${differing.join('\n')}\n`)
  }
}

/** What the client shows in each step that it has a command for. */
async function playAll(client: Client, name: RegistryName): Promise<Shown> {
  await using folder = await makeFolder('clients')
  const dir = join(folder.path, 'data')
  mkdirSync(dir)
  const registry = await startRegistry(name, { dir })
  try {
    await using stage = await openStage(client, { url: registry.url, folder: folder.path })
    const shown = new Map<string, readonly string[]>()
    for (const step of steps)
      if (typed(client, step) !== undefined) shown.set(step.claim, await linesOf(stage, step))
    return shown
  } finally {
    await registry.stop()
  }
}

async function linesOf(stage: Stage, step: (typeof steps)[number]): Promise<readonly string[]> {
  const { code, shown } = await runStep(stage, step)
  const plain = varying.reduce(
    (text, [pattern, name]) => text.replace(pattern, name),
    stripVTControlCharacters(shown),
  )
  return [`(exit code ${code})`, ...plain.split('\n').map((line) => line.trimEnd())].filter(
    (line) => line !== '' && !isNoise.test(line),
  )
}
