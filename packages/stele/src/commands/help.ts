// stele help [command]
import { SteleError } from '@stele/errors'
import { commands } from './catalogue.ts'
import type { Command, Usage } from './command.ts'

type Report = { readonly usages: readonly Usage[]; readonly one: boolean }

/** Lists the commands, or tells of one. */
export const help: Command<Report> = {
  usage: {
    name: 'help',
    summary: 'Show what the commands do',
    arguments: '[command]',
    options: {},
  },
  run: async ({ positionals: [name] }) => {
    if (name === undefined) {
      const all = await Promise.all(Object.values(commands).map((load) => load()))
      return { usages: all.map((command) => command.usage), one: false }
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (load === undefined) {
      throw new SteleError('usage_wrong', { reason: `There is no command "${name}"`, command: '' })
    }
    return { usages: [(await load()).usage], one: true }
  },
  view: ({ usages, one }) => (one ? usages.map(describe).join('\n') : overview(usages)),
}

function overview(usages: readonly Usage[]): string {
  return [
    'Stele: a JavaScript package registry in which nobody has to be trusted',
    '',
    'Usage: stele <command> [arguments] [options]',
    '',
    ...table(usages.map(({ name, summary }) => [name, summary])),
    '',
    'Every command takes --json. "stele help <command>" tells more',
  ].join('\n')
}

function describe(usage: Usage): string {
  const options = Object.entries(usage.options).map(([name, option]): readonly [string, string] => [
    `--${name}${option.value === undefined ? '' : ` <${option.value}>`}`,
    option.summary,
  ])
  return [
    `${usage.summary}`,
    '',
    `Usage: stele ${usage.name} ${usage.arguments}`.trimEnd(),
    ...(options.length === 0 ? [] : ['', ...table(options)]),
    ...(usage.notes === undefined ? [] : ['', ...usage.notes]),
  ].join('\n')
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`)
}
