// stele completion: what a shell offers when Tab is pressed.
import { SteleError } from '@stele/errors'
import { isJsonObject, type JsonValue } from '@stele/formats/json'
import { members } from '../client/project/edit-manifest.ts'
import { manifestIn } from '../client/project/manifest-in.ts'
import { placeOf } from '../client/project/place.ts'
import { aliases } from './aliases.ts'
import type { Command, Input, RunnableCommand } from './command.ts'
import { topics } from './topics.ts'

type Commands = { readonly [name: string]: () => Promise<RunnableCommand> }
type Report = { readonly lines: readonly string[] }

const scripts = {
  bash: [
    '_stele_completion() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(stele completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))',
    '}',
    'complete -o default -o nosort -F _stele_completion stele',
  ],
  zsh: [
    '#compdef stele',
    '_stele_completion() {',
    '  local -a found',
    '  found=("${(@f)$(stele completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")',
    '  if [ -n "${found[1]}" ]; then compadd -- $found; else _files; fi',
    '}',
    'compdef _stele_completion stele',
  ],
  fish: [
    'function __stele_completion',
    '  set -l typed (commandline -opc) (commandline -ct)',
    '  stele completion words -- $typed[2..-1] 2>/dev/null',
    'end',
    'complete -c stele -a "(__stele_completion)"',
  ],
} as const

/** Prints what a shell reads to complete commands. */
export const createCompletion = (commands: Commands): Command<Report> => ({
  usage: {
    name: 'completion',
    summary: 'Print a script that lets bash, zsh or fish complete commands',
    arguments: 'bash | zsh | fish',
    options: {},
    notes: [
      'bash  add to ~/.bashrc:  source <(stele completion bash)',
      'zsh   add to ~/.zshrc, behind compinit:  source <(stele completion zsh)',
      'fish  stele completion fish > ~/.config/fish/completions/stele.fish',
    ],
  },
  run: async (input: Input) => {
    const [shell = '', ...words] = input.positionals
    if (shell === 'words') return { lines: await suggest(commands, words) }
    if (shell === 'bash' || shell === 'zsh' || shell === 'fish') return { lines: scripts[shell] }
    const known = Object.keys(scripts).join(', ')
    const reason = shell === '' ? `Say for which shell: ${known}` : `"${shell}" is none of ${known}`
    throw new SteleError('usage_wrong', { reason, command: 'completion' })
  },
  view: ({ lines }) => lines.join('\n'),
})

/** What the last of these words may become. */
async function suggest(commands: Commands, words: readonly string[]): Promise<readonly string[]> {
  const typed = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const all = await wordsAfter(commands, before, typed)
  return [...new Set(all)].filter((word) => word.startsWith(typed)).toSorted()
}

async function wordsAfter(
  commands: Commands,
  before: readonly string[],
  typed: string,
): Promise<readonly string[]> {
  const [first, second] = before
  const names = Object.keys(commands)
  if (first === undefined) return names.map((name) => name.split(' ', 1)[0] ?? name)
  const group = names.filter((name) => name.startsWith(`${first} `))
  if (group.length > 0 && second === undefined)
    return group.map((name) => name.slice(first.length + 1))
  const own = group.find((name) => name === `${first} ${second}`)
  const name = own ?? (Object.hasOwn(aliases, first) ? (aliases[first] ?? first) : first)
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load === undefined) return []
  const { usage } = await load()
  if (typed.startsWith('-')) return optionsOf(usage)
  const last = before.at(-1) ?? ''
  if (last === '--layout') return ['auto', 'global', 'project', 'hoisted']
  if (['-w', '--workspace', '-F', '--filter'].includes(last)) return workspaceNames()
  if (name === 'help') return [...names, ...Object.keys(topics)]
  if (name === 'completion') return Object.keys(scripts)
  if (name === 'config') return ['list', 'get', 'set', 'delete']
  if (name === 'run') return scriptNames()
  return ofPackages.has(name) ? packageNames() : []
}

const ofPackages = new Set([
  'remove',
  'update',
  'why',
  'why-local',
  'ls',
  'outdated',
  'unlink',
  'rebuild',
  'approve',
])

function optionsOf({ options }: RunnableCommand['usage']): readonly string[] {
  const named = Object.entries(options).filter(
    ([, { as, npm }]) => as === undefined && npm === undefined,
  )
  return [...named.map(([name]) => `--${name}`), '--json', '--help']
}

async function scriptNames(): Promise<readonly string[]> {
  const { folder } = await placeOf(process.cwd())
  return keysOf(manifestIn(folder)?.['scripts'])
}

async function packageNames(): Promise<readonly string[]> {
  const { folder } = await placeOf(process.cwd())
  const manifest = manifestIn(folder)
  return members.flatMap((member) => keysOf(manifest?.[member]))
}

async function workspaceNames(): Promise<readonly string[]> {
  const { readProject } = await import('../client/project/project.ts')
  const { root } = await placeOf(process.cwd())
  const { importers } = await readProject(root)
  return importers.flatMap(({ folder, name }) => (folder === '.' ? [] : [name ?? folder]))
}

function keysOf(value: JsonValue | undefined): readonly string[] {
  return value !== undefined && isJsonObject(value) ? Object.keys(value) : []
}
