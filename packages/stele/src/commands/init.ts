// stele init: a package.json where there is none.
import { existsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SteleError } from '@stele/errors'
import type { Command, Input } from './command.ts'

type Made = { readonly path: string; readonly manifest: { readonly [member: string]: unknown } }
type Report = Made | { readonly code: number }

/** Makes a package.json. */
export const init: Command<Report> = {
  usage: {
    name: 'init',
    summary: 'Make a package.json in this folder, or a project of a template',
    arguments: '[template] [arguments]',
    passesOn: 'all',
    options: {
      yes: { type: 'boolean', short: 'y', summary: 'do not ask before a template is fetched' },
      name: { type: 'string', value: 'name', summary: "the folder's name by default" },
      private: { type: 'boolean', summary: 'never to be published' },
    },
    notes: [
      '"stele create vite app" runs the program of the package create-vite, "@scope" that of @scope/create and "@scope/name"',
      'that of @scope/create-name, each also with @version. All behind the template is for that program.',
    ],
  },
  run,
  exitCode: (report) => ('code' in report ? report.code : 0),
  endsItself: true,
  view: (report) => ('code' in report ? '' : describe(report)),
}

function describe({ path, manifest }: Made): string {
  return `Wrote ${path}:\n\n${JSON.stringify(manifest, null, 2)}`
}

async function run(input: Input): Promise<Report> {
  const { options } = input
  const [template, ...args] = input.positionals
  if (template !== undefined) {
    const { runProgram } = await import('./exec.ts')
    // npm's users write "--" before what the template is to get.
    const positionals = [packageOf(template), ...withoutMark(args)]
    return runProgram({ ...input, positionals }, { command: 'init', isLocal: true })
  }
  const path = join(process.cwd(), 'package.json')
  if (existsSync(path)) throw wrong(`There is a package.json already: ${path}`)
  const manifest = {
    name: typeof options['name'] === 'string' ? options['name'] : nameOf(process.cwd()),
    version: '1.0.0',
    ...(options['private'] === true ? { private: true } : {}),
    description: '',
    type: 'module',
    main: 'index.js',
    scripts: { test: 'node --test' },
    license: 'ISC',
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' })
  return { path, manifest }
}

/** The package that a template stands for, as npm has it. Throws usage_wrong. */
export function packageOf(template: string): string {
  const scope = /^(?<scope>@[^/@]+)(?<version>@.+)?$/.exec(template)?.groups
  if (scope !== undefined) return `${scope['scope']}/create${scope['version'] ?? ''}`
  const named = /^(?<scope>@[^/@]+\/)?(?<name>[\w.~-]+)(?<version>@.+)?$/.exec(template)?.groups
  if (named !== undefined) {
    return `${named['scope'] ?? ''}create-${named['name']}${named['version'] ?? '@latest'}`
  }
  const hosted = /^(?<owner>[\w.-]+)\/(?<name>[\w.-]+)(?<rest>#.+)?$/.exec(template)?.groups
  if (hosted !== undefined)
    return `${hosted['owner']}/create-${hosted['name']}${hosted['rest'] ?? ''}`
  throw wrong(`"${template}" is no template: write a name, @scope or @scope/name`)
}

function withoutMark(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--')
  return at === -1 ? args : args.toSpliced(at, 1)
}

/** The folder's name as a package may be called. */
function nameOf(folder: string): string {
  const plain = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
  return plain.replace(/^[-._]+/, '').replace(/[-.]+$/, '') || 'package'
}

function wrong(reason: string): SteleError<'usage_wrong'> {
  return new SteleError('usage_wrong', { reason, command: 'init' })
}
