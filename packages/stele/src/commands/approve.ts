// stele approve: which install scripts of dependencies run. They are shown before, with the files that they name.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { escapeLine, SteleError } from '@stele/errors'
import { nearest } from '@stele/settings'
import { install } from '../client/install.ts'
import type { InstallReport } from '../client/installation.ts'
import { writeWhole } from '../client/project/write-whole.ts'
import { wishesOf } from '../client/scripts/installed-scripts.ts'
import { writeApprovals } from '../scripts/approvals.ts'
import type { Wish } from '../scripts/install-scripts.ts'
import type { Command, Input } from './command.ts'
import { yesOption } from './confirm.ts'
import { describeInstall, folderOf, placeOptions, readInstallOptions } from './install-input.ts'

type Shown = {
  readonly package: string
  readonly verdict: Wish['verdict']
  readonly scripts: Wish['scripts']
  /** Files that the scripts name. */
  readonly files: readonly { readonly path: string; readonly lines: number }[]
}

type Report = {
  readonly packages: readonly Shown[]
  /** Those that were decided on now. */
  readonly decided: readonly string[]
  readonly isDenied: boolean
  readonly installed?: InstallReport
  /** With --check: nothing is asked, and what is open counts as a failure. */
  readonly isCheck: boolean
}

/** Approves install scripts, and runs them. */
export const approve: Command<Report> = {
  usage: {
    name: 'approve',
    summary: 'Show the install scripts of dependencies, and run those that you approve',
    arguments: '[package...]',
    options: {
      deny: { type: 'boolean', summary: 'never run them, and do not tell of them any more' },
      check: { type: 'boolean', summary: 'only look; ends with 1 where any is undecided' },
      'foreground-scripts': { type: 'boolean', summary: 'show what the scripts print' },
      ...yesOption,
      ...placeOptions,
    },
    notes: [
      'Without packages it is about all that are undecided. An approval is for one version, its very contents and those',
      'of all that it depends on; it stands below "stele" in package.json. "stele help scripts" tells more.',
    ],
  },
  run,
  view,
  exitCode: ({ isCheck, packages }) => (isCheck && packages.some(isUndecided) ? 1 : 0),
}

function isUndecided({ verdict }: { readonly verdict: Wish['verdict'] }): boolean {
  return verdict === 'open' || verdict === 'changed'
}

async function run(input: Input): Promise<Report> {
  const { options, positionals } = input
  const isDenied = options['deny'] === true
  const isCheck = options['check'] === true
  const { root, wishes } = await wishesOf(folderOf(input), { ...input.environment })
  const asked = positionals.length === 0 ? wishes.filter(isUndecided) : chosen(wishes, positionals)
  const packages = asked.map(shownOf)
  const undecided = asked.filter(({ verdict }) =>
    isDenied ? verdict !== 'denied' : verdict !== 'approved',
  )
  const told = { packages, isDenied, isCheck, decided: [] }
  if (isCheck || undecided.length === 0) return told
  const agreed = await agreedTo(input, undecided, isDenied)
  if (agreed.length === 0) return told
  await decide(root, agreed, isDenied)
  const decided = agreed.map(({ id }) => id)
  return { ...told, decided, installed: await install({ ...readInstallOptions(input), root }) }
}

function chosen(wishes: readonly Wish[], names: readonly string[]): readonly Wish[] {
  return names.flatMap((name) => {
    const found = wishes.filter(({ id, release }) => id === name || release.name === name)
    if (found.length > 0) return found
    const { near } = nearest(
      name,
      wishes.flatMap(({ id, release }) => [id, release.name]),
    )
    const hint = near === undefined ? '' : `; did you mean "${near}"?`
    const reason = `"${name}" is not installed, or has no install scripts${hint}`
    throw new SteleError('usage_wrong', { reason, command: 'approve' })
  })
}

/** All with --yes, else those that a person at the terminal wants; none where nobody is there to ask. */
async function agreedTo(
  { options, terminal }: Input,
  wishes: readonly Wish[],
  isDenied: boolean,
): Promise<readonly Wish[]> {
  if (options['yes'] === true || isDenied) return wishes
  const agreed: Wish[] = []
  for (const wish of terminal === undefined ? [] : wishes) {
    const answer = await terminal?.ask(`${describe(shownOf(wish))}\n\nRun them? (y/N) `)
    if (/^y(?:es)?$/i.test(answer?.trim() ?? '')) agreed.push(wish)
  }
  return agreed
}

async function decide(root: string, wishes: readonly Wish[], isDenied: boolean): Promise<void> {
  const path = join(root, 'package.json')
  const approvals = new Map(
    wishes.map((wish) => [wish.id, isDenied ? false : textFor(wish)] as const),
  )
  const text = await writeApprovals(readFileSync(path, 'utf8'), approvals)
  writeWhole(path, text)
}

function textFor({ id, approval }: Wish): string {
  if (approval.text !== undefined) return approval.text
  const [unpinned = id] = approval.unpinned
  const of = unpinned === id ? id : `${unpinned}, which ${id} depends on`
  const reason = `The lock has no digest of ${of}, so nothing could be approved for good`
  throw new SteleError('usage_wrong', { reason, command: 'approve' })
}

function shownOf({ id, verdict, scripts, folder }: Wish): Shown {
  const words = scripts.flatMap(([, script]) => script.split(/[\s"'=;&|()]+/))
  const files = [...new Set(words)].flatMap((word) => {
    const path = normalize(word)
    const file = join(folder, path)
    const found = [file, `${file}.js`].find((each) => isInside(path) && isFile(each))
    if (found === undefined) return []
    return [{ path: found, lines: readFileSync(found, 'utf8').split('\n').length }]
  })
  const compiled = existsSync(join(folder, 'binding.gyp'))
    ? [
        {
          path: join(folder, 'binding.gyp'),
          lines: readFileSync(join(folder, 'binding.gyp'), 'utf8').split('\n').length,
        },
      ]
    : []
  return { package: id, verdict, scripts, files: [...files, ...compiled] }
}

function isInside(path: string): boolean {
  return path !== '.' && !path.startsWith('..') && !path.startsWith('/') && !path.includes('\0')
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** What a stranger wrote is shown whole: who is asked must see all that would run. */
function describe({ package: name, scripts, files, verdict }: Shown): string {
  const state = {
    open: '',
    changed: ' (approved for other contents, of it or of what it depends on)',
    approved: ' (approved)',
    denied: ' (denied)',
  }
  return [
    `${name}${state[verdict]}`,
    ...scripts.map(([event, script]) => `  ${event}: ${script}`),
    ...files.map(({ path, lines }) => `    ${path} (${lines} lines)`),
  ]
    .map(escapeLine)
    .join('\n')
}

function view({ packages, decided, isDenied, installed }: Report): string {
  const [verb, found] = [isDenied ? 'Denied' : 'Approved', decided.length > 0]
  const lines = found ? [] : packages.map(describe)
  const open = packages.filter(isUndecided)
  const hint =
    'To run them: stele approve <package...> --yes. Never: stele approve <package...> --deny'
  return [
    ...lines,
    ...(packages.length === 0 ? ['No dependency has install scripts that are undecided'] : []),
    ...(found ? decided.map((id) => `${verb} ${id}`) : open.length > 0 ? ['', hint] : []),
    ...(installed === undefined ? [] : [describeInstall(installed, 'no changes')]),
  ].join('\n')
}
