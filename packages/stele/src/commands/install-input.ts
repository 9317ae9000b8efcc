// What the commands that install have in common: their options, and how they tell what was done.
import { formatChanges } from '../client/graph-changes.ts'
import type { InstallOptions, InstallReport } from '../client/install.ts'
import type { Input, Usage } from './command.ts'

/** The options of every command that installs. */
export const installOptions: Usage['options'] = {
  omit: {
    type: 'string',
    value: 'dev|optional',
    multiple: true,
    summary: 'leave devDependencies or optionalDependencies out of node_modules',
  },
  production: { type: 'boolean', summary: 'the same as --omit dev' },
  layout: {
    type: 'string',
    value: 'name',
    summary: 'auto, global, project or hoisted; stele.lock keeps it',
  },
  'dry-run': { type: 'boolean', summary: 'change nothing, and tell what would be changed' },
}

/** What was asked for, beside what the command itself is about. */
export function readInstallOptions({ options, environment, main }: Input): InstallOptions {
  const omitted = String(options['omit'] ?? '').split(',')
  return {
    root: process.cwd(),
    main,
    say: (line) => process.stderr.write(`${line}\n`),
    env: { ...environment },
    omit: {
      dev: omitted.includes('dev') || options['production'] === true,
      optional: omitted.includes('optional'),
    },
    isDryRun: options['dry-run'] === true,
    layout: typeof options['layout'] === 'string' ? options['layout'] : undefined,
  }
}

/** Whether this is a build server, where nobody looks at what a command changes. */
export function isContinuous({ CI: ci }: Input['environment']): boolean {
  return ci !== undefined && !/^(?:|0|false)$/i.test(ci)
}

const maxLines = 30

/** What was done: what a person should know, what is different, and how much it was. */
export function describeInstall(
  report: InstallReport,
  shown: 'all changes' | 'direct changes' | 'no changes',
): string {
  const { packages, added, removed, isChanged, tookMs, mismatches, notices, changes } = report
  const lines = formatChanges(
    changes.filter(
      ({ isDirect }) => shown === 'all changes' || (isDirect && shown !== 'no changes'),
    ),
  )
  const rest = lines.length - maxLines
  const done = [
    ...(added.length === 0 ? [] : [`${added.length} added`]),
    ...(removed === 0 ? [] : [`${removed} removed`]),
  ]
  const nothing = isChanged ? 'linked anew' : 'nothing to do'
  const warnings = mismatches.map(
    ({ by, name, wanted, found }) => `${by} wants the peer ${name}@${wanted}, and finds ${found}`,
  )
  return [
    ...notices,
    ...warnings,
    ...lines.slice(0, maxLines),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    `${packages} packages: ${done.length === 0 ? nothing : done.join(', ')}, ${(tookMs / 1000).toFixed(2)} s`,
  ].join('\n')
}
