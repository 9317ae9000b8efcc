// stele install: a project's dependencies into node_modules.
import { type InstallReport, install } from '../client/install.ts'
import type { Command, Input } from './command.ts'

/** Installs what the package.json of this folder wants. */
export const installCommand: Command<InstallReport> = {
  usage: {
    name: 'install',
    summary: 'Install the dependencies of this project',
    arguments: '',
    options: {
      frozen: { type: 'boolean', summary: 'fail where stele.lock does not fit package.json' },
    },
  },
  run,
  view,
}

function run({ options, environment }: Input): Promise<InstallReport> {
  return install({
    root: process.cwd(),
    env: { ...environment },
    isFrozen: options['frozen'] === true,
  })
}

function view({ packages, added, removed, tookMs, mismatches, notices }: InstallReport): string {
  const changes = [
    ...(added.length === 0 ? [] : [`${added.length} added`]),
    ...(removed === 0 ? [] : [`${removed} removed`]),
  ]
  const what = changes.length === 0 ? 'nothing to do' : changes.join(', ')
  const warnings = mismatches.map(
    ({ by, name, wanted, found }) => `${by} wants the peer ${name}@${wanted}, and finds ${found}`,
  )
  return [
    ...warnings,
    ...notices,
    `${packages} packages: ${what}, ${(tookMs / 1000).toFixed(2)} s`,
  ].join('\n')
}
