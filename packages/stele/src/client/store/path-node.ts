// The Node that programs of a project run with: the one of PATH, which need not be the one that runs this.
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findNode } from '@stele/fetch'
import { isJsonObject, type JsonObject } from '@stele/formats/json'
import { nodeTimeoutMs } from '../limits.ts'
import { writeWhole } from '../project/write-whole.ts'
import { storeFolder } from './registered.ts'

/** Its versions. */
export type PathNode = {
  /** `20.19.5`: what "engines" speak of. */
  readonly version: string
  /** Of what is compiled for it. */
  readonly modules: string
}

/** The versions of the Node that scripts get. It is asked once; whether it is the same then is told by its file. */
export function pathNode(env: NodeJS.ProcessEnv): PathNode {
  const node = findNode(env)
  if (node === process.execPath) return ownNode()
  const path = join(storeFolder(env), 'nodes.json')
  const noted = readNotes(path)
  const { size, mtimeMs, ino } = statSync(node)
  const file = `${size} ${mtimeMs} ${ino}`
  const known = noted[node]
  if (known !== undefined && isJsonObject(known) && known['file'] === file) {
    const { version, modules } = known
    if (typeof version === 'string' && typeof modules === 'string') return { version, modules }
  }
  const found = ask(node, env)
  if (found === undefined) return ownNode()
  const { version, modules } = found
  // A program that only starts Node may start another one elsewhere.
  if (found.program === node) note(path, { ...noted, [node]: { file, version, modules } })
  return { version, modules }
}

function ownNode(): PathNode {
  const { node, modules } = process.versions
  return { version: node, modules }
}

const question = '[process.versions.node, process.versions.modules, process.execPath].join("\\n")'

function ask(
  node: string,
  env: NodeJS.ProcessEnv,
): (PathNode & { readonly program: string }) | undefined {
  const asked = spawnSync(node, ['-p', question], {
    encoding: 'utf8',
    env: { ...env, NODE_OPTIONS: '' },
    timeout: nodeTimeoutMs,
  })
  const [version = '', modules = '', program = ''] = (asked.stdout ?? '').trim().split('\n')
  if (asked.status !== 0 || !/^\d+\.\d+\.\d+/.test(version)) return undefined
  return { version, modules, program }
}

function readNotes(path: string): JsonObject {
  try {
    const notes = JSON.parse(readFileSync(path, 'utf8'))
    return isJsonObject(notes) ? notes : {}
  } catch {
    return {} // There are none yet.
  }
}

function note(path: string, notes: JsonObject): void {
  try {
    writeWhole(path, JSON.stringify(notes))
  } catch {
    // Then it is asked again.
  }
}
