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
      layout: {
        type: 'string',
        value: 'name',
        summary: 'auto, global, project or hoisted; stele.lock keeps it',
      },
    },
  },
  run,
  view,
}

function run({ options, environment, main }: Input): Promise<InstallReport> {
  return install({
    root: process.cwd(),
    main,
    env: { ...environment },
    isFrozen: options['frozen'] === true,
    typed: process.argv.slice(3),
    say: (line) => process.stderr.write(`${line}\n`),
    layout: typeof options['layout'] === 'string' ? options['layout'] : undefined,
  })
}

function view({
  packages,
  added,
  removed,
  isChanged,
  tookMs,
  mismatches,
  notices,
}: InstallReport): string {
  const changes = [
    ...(added.length === 0 ? [] : [`${added.length} added`]),
    ...(removed === 0 ? [] : [`${removed} removed`]),
  ]
  const nothing = isChanged ? 'linked anew' : 'nothing to do'
  const what = changes.length === 0 ? nothing : changes.join(', ')
  const warnings = mismatches.map(
    ({ by, name, wanted, found }) => `${by} wants the peer ${name}@${wanted}, and finds ${found}`,
  )
  const outcome = `${packages} packages: ${what}, ${(tookMs / 1000).toFixed(2)} s`
  return [...warnings, ...notices, outcome].join('\n')
}
