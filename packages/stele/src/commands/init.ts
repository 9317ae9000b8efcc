// stele init: a package.json where there is none.
import { existsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SteleError } from '@stele/errors'
import type { Command, Input } from './command.ts'

type Report = { readonly path: string; readonly manifest: { readonly [member: string]: unknown } }

/** Makes a package.json. */
export const init: Command<Report> = {
  usage: {
    name: 'init',
    summary: 'Make a package.json in this folder',
    arguments: '',
    options: {
      yes: { type: 'boolean', short: 'y', summary: 'nothing is asked anyway' },
      name: { type: 'string', value: 'name', summary: "the folder's name by default" },
      private: { type: 'boolean', summary: 'never to be published' },
    },
  },
  run,
  view: ({ path, manifest }) => `Wrote ${path}:\n\n${JSON.stringify(manifest, null, 2)}`,
}

async function run({ positionals, options }: Input): Promise<Report> {
  const [template] = positionals
  if (template !== undefined) throw wrong(`Templates are not known yet: use "npm init ${template}"`)
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
