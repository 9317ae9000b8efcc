// stele help [command]
import { SteleError } from '@stele/errors'
import { aliases } from './aliases.ts'
import type { Command, RunnableCommand, Usage } from './command.ts'
import { headings } from './headings.ts'
import { summaries } from './summaries.ts'
import { topics } from './topics.ts'

/** The commands by name, each loaded when it is asked for. */
type Commands = { readonly [name: string]: () => Promise<RunnableCommand> }

type Report =
  | { readonly commands: { readonly [name: string]: string }; readonly group?: string }
  | { readonly usage: Usage; readonly group?: { readonly [name: string]: string } }
  | { readonly topic: string }

/** Lists the commands, or tells of one. */
export const createHelp = (commands: Commands): Command<Report> => ({
  usage: {
    name: 'help',
    summary: 'Show what the commands do',
    arguments: '[command | topic]',
    options: {},
  },
  run: async ({ positionals }) => {
    const [name, ...rest] = joinWords(positionals, commands)
    if (name === undefined) return { commands: summaries }
    const group = Object.entries(summaries).filter(([one]) => one.startsWith(`${name} `))
    const isCommand = Object.hasOwn(commands, name)
    if (group.length > 0 && rest.length === 0 && !isCommand) {
      return { commands: Object.fromEntries(group), group: name }
    }
    const meant = Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name
    const load = Object.hasOwn(commands, meant) ? commands[meant] : undefined
    const topic = Object.hasOwn(topics, name) ? topics[name] : undefined
    if (load === undefined && topic !== undefined) return { topic: topic.join('\n') }
    if (load === undefined) {
      const isWord = !Object.keys(commands).some((one) => one.startsWith(`${name} `))
      const known = isWord ? `; topics are ${Object.keys(topics).join(', ')}` : ''
      throw new SteleError('usage_wrong', {
        reason: `There is no command "${[name, ...rest].join(' ')}"${known}`,
        command: '',
      })
    }
    const { usage } = await load()
    // "help rules show" is answered with all of "rules".
    const tooMany = actionsOf(usage).includes(rest[0] ?? '') ? rest.slice(1) : rest
    if (tooMany.length > 0) {
      const reason = `Too many arguments: ${tooMany.join(' ')}`
      throw new SteleError('usage_wrong', { reason, command: '' })
    }
    return group.length === 0 ? { usage } : { usage, group: Object.fromEntries(group) }
  },
  view: (report) => {
    if ('topic' in report) return report.topic
    if (!('usage' in report)) return overview(report)
    const { usage, group } = report
    const more = group === undefined ? [] : ['', 'See also', ...table(Object.entries(group))]
    return [describe(usage), ...more].join('\n')
  },
})

/** `vm exec` is one name. */
function joinWords(words: readonly string[], commands: Commands): readonly string[] {
  const [first, second, ...rest] = words.flatMap((one) => one.split(' '))
  const both = `${first} ${second}`
  if (first === undefined || second === undefined) return first === undefined ? [] : [first]
  return Object.hasOwn(commands, both) ? [both, ...rest] : [first, second, ...rest]
}

/** The words that may follow the command: `add <name> | list` has two. */
function actionsOf(usage: Usage): readonly (string | undefined)[] {
  return usage.arguments.split('|').map((one) => one.trim().split(' ')[0])
}

function overview({ commands, group }: Extract<Report, { readonly commands: object }>): string {
  const usage = group === undefined ? '<command>' : `${group} <command>`
  return [
    'Stele: JavaScript packages, and a registry for them that anyone can check',
    '',
    `Usage: stele ${usage} [arguments] [options]`,
    '',
    ...(group === undefined ? underHeadings(commands) : [...table(Object.entries(commands)), '']),
    ...(group === undefined ? [`Topics: ${Object.keys(topics).join(', ')}`, ''] : []),
    'Every command takes --json. "stele help <command>" tells more',
  ].join('\n')
}

/** What stands under none comes last. */
function underHeadings(commands: { readonly [name: string]: string }): readonly string[] {
  const named = new Set(Object.values(headings).flat())
  const others = Object.keys(commands).filter((name) => !named.has(name))
  const groups = [...Object.entries(headings), ['Others', others] as const]
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  return groups.flatMap(([heading, names]) => {
    const rows = names.flatMap((name): [string, string][] => {
      const summary = commands[name]
      return summary === undefined ? [] : [[name, summary]]
    })
    return rows.length === 0 ? [] : [heading, ...table(rows, width), '']
  })
}

function describe(usage: Usage): string {
  const named = Object.entries(usage.options).filter(
    ([, { as, npm, summary }]) => as === undefined && npm === undefined && summary !== '',
  )
  const indent = named.some(([, { short }]) => short !== undefined) ? '    ' : ''
  const options = named.map(([name, { short, value, summary }]): readonly [string, string] => {
    const before = short === undefined ? indent : `-${short}, `
    return [`${before}--${name}${value === undefined ? '' : ` <${value}>`}`, summary]
  })
  return [
    `${usage.summary}`,
    '',
    `Usage: stele ${usage.name} ${usage.arguments}`.trimEnd(),
    ...(options.length === 0 ? [] : ['', ...table(options)]),
    ...(usage.notes === undefined ? [] : ['', ...usage.notes]),
  ].join('\n')
}

function table(
  rows: readonly (readonly [string, string])[],
  width = Math.max(...rows.map(([name]) => name.length)),
): string[] {
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`)
}
