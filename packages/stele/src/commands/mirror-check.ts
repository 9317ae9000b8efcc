// stele mirror check <url>: whether a mirror shows what its registry's log proves, seen from outside.
import { SteleError } from '@stele/errors'
import { type CheckReport, checkMirror } from '../mirror/check.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { createFetch } from '../sources/fetch.ts'
import { parseLogKey } from '../sources/log-key.ts'
import { parseRegistryUrl, parseSource } from '../sources/registry-source.ts'
import { userFolders } from '../user-folders.ts'
import { createContradictionSaver } from '../verify/contradiction-saver.ts'
import { createProgressLines, mirroring } from '../verify/progress-lines.ts'
import { knownAt } from './clone.ts'
import { type Command, type Input, usageError } from './command.ts'

const command = 'mirror check'
const wrongUsage = usageError(command)

/** Audits a mirror. */
export const mirrorCheck: Command<CheckReport> = {
  usage: {
    name: command,
    summary: 'Check a mirror from outside: its log, its packuments, and every tarball',
    arguments: '<url>',
    options: {
      registry: {
        type: 'string',
        value: 'url',
        summary: 'its registry, which is asked how far it is',
      },
      'base-url': {
        type: 'string',
        value: 'url',
        summary: 'the address that its packuments name, where it is another one',
      },
      tarballs: { type: 'boolean', summary: '--no-tarballs: compare no tarballs' },
      key: {
        type: 'string',
        value: 'key',
        summary: "the log's key, or its fingerprint, known beforehand",
      },
    },
    notes: [
      'The address is that of the folder: https://mirror.example, where clients use the registry https://mirror.example/npm/.',
      'Rules are not run again: "stele verify" does that, with the same address. The exit status is 1 where something is wrong.',
    ],
  },
  run,
  view: describe,
  exitCode: ({ findings }) => (findings.length === 0 ? 0 : 1),
}

async function run({ positionals, options, environment, stop }: Input): Promise<CheckReport> {
  const [address, ...more] = positionals
  if (address === undefined) {
    throw wrongUsage('Say which mirror: stele mirror check https://mirror.example')
  }
  if (more.length > 0) throw wrongUsage(`Too many arguments: ${more.join(' ')}`)
  const { key, registry, 'base-url': base } = options
  keepHeapSmall()
  const source = parseSource(address, command)
  if (source.kind === 'folder')
    throw wrongUsage(
      `"${address}" is a folder, and this looks at what a web server shows: give its address. "stele verify ${address}" checks a folder`,
    )
  const url = source.root
  const fetch = createFetch({ root: url })
  const asked =
    typeof registry === 'string' ? parseRegistryUrl(registry, command, '--registry ') : undefined
  const progress = createProgressLines(process.stderr, Date.now, mirroring)
  progress.ask(url)
  try {
    return await checkMirror({
      url,
      fetch: (path, maxBytes, accept) => {
        if (stop.aborted) throw new SteleError('verify_stopped', { url })
        return fetch(path, maxBytes, accept)
      },
      progress: progress.show,
      contradicted: createContradictionSaver(userFolders(environment), (line) => {
        progress.clear()
        process.stderr.write(`${line}\n`)
      }),
      tarballs: options['tarballs'] !== false,
      baseUrl:
        typeof base === 'string' ? parseRegistryUrl(base, command, '--base-url ') : undefined,
      registry: asked === undefined ? undefined : createFetch({ root: asked }),
      logKey: typeof key === 'string' ? parseLogKey(key, 'mirror check') : undefined,
      ...knownAt({ kind: 'http', root: asked ?? url }, userFolders(environment)),
    })
  } finally {
    progress.clear()
  }
}

function describe(report: CheckReport): string {
  const { url, origin, size, behind, packages, versions, notListed } = report
  const { tarballs, tarballBytes, findings, more } = report
  const far =
    behind === null
      ? ''
      : behind === 0
        ? ', as its registry has'
        : `, ${behind} less than its registry has`
  return [
    `${url}: ${origin}`,
    `  Log: ${size} entries${far}`,
    `  npm: ${packages} packages with ${versions} versions; ${notListed} are not listed`,
    `  Tarballs: ${tarballs} compared (${tarballBytes} bytes)`,
    ...(findings.length === 0 ? ['  All of it is as the log proves'] : []),
    ...findings.map(({ address, reason }) => `  Wrong: ${address}: ${reason}`),
    ...(more === 0 ? [] : [`  and ${more} more`]),
  ].join('\n')
}
