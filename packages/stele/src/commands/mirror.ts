// stele mirror <url> <folder>: a copy of a registry that needs the registry no more, and that nobody has to trust.
import { resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { type MirrorReport, mirrorRegistry } from '../mirror/mirror-service.ts'
import { formatMirror } from '../mirror/mirror-text.ts'
import { readSelection } from '../mirror/selection.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { parseLogKey } from '../sources/log-key.ts'
import { openSource } from '../sources/open-source.ts'
import { parseRegistryUrl, parseSource } from '../sources/registry-source.ts'
import { readUserFile } from '../user-file.ts'
import { userFolders } from '../user-folders.ts'
import { createContradictionSaver } from '../verify/contradiction-saver.ts'
import { createProgressLines, mirroring } from '../verify/progress-lines.ts'
import { knownAt } from './clone.ts'
import { type Command, type Input, usageError } from './command.ts'

const wrongUsage = usageError('mirror')

/** Mirrors a registry. */
export const mirror: Command<MirrorReport> = {
  usage: {
    name: 'mirror',
    summary: 'Copy a registry: its log and its tarballs, checked on the way, for any web server',
    arguments: '<url or folder> <folder> [package...]',
    options: {
      lock: {
        type: 'string',
        value: 'stele.lock',
        summary: 'only the releases in this lock file',
      },
      'base-url': {
        type: 'string',
        value: 'url',
        summary: 'where people reach the folder: npm/ is written, for npm and other clients',
      },
      rehash: {
        type: 'boolean',
        summary: 'compare what is here with its digests as well',
      },
      key: {
        type: 'string',
        value: 'key',
        summary: "the log's key, or its fingerprint, known beforehand",
      },
    },
    notes: [
      'Run it again to bring the mirror up to date, or to go on where it was stopped. Where nothing is new it asks for the checkpoint alone.',
      'Without packages and --lock it takes every release that the registry hosts. Log and digests are always those of all of it.',
      'With --base-url https://mirror.example, clients use the registry https://mirror.example/npm/. It lists what this mirror holds.',
      'The base URL is kept: it need not be typed again. Packages and --lock are not: without them the next run asks for everything.',
      'The exit status is 1 where the registry did not give a tarball.',
    ],
  },
  run,
  view: formatMirror,
  exitCode: ({ tarballs }) => (tarballs.missing.length === 0 ? 0 : 1),
  endsItself: true,
}

async function run({ positionals, options, environment, stop }: Input): Promise<MirrorReport> {
  const [address, target, ...names] = positionals
  if (address === undefined || target === undefined) {
    throw wrongUsage('Say what and where to: stele mirror https://registry.example ./mirror')
  }
  const { key, lock: path, 'base-url': base } = options
  const logKey = typeof key === 'string' ? parseLogKey(key, 'mirror') : undefined
  const lock = typeof path === 'string' ? { path, text: readUserFile(path) } : undefined
  const selection = readSelection({ names, lock })
  const baseUrl =
    typeof base === 'string' ? parseRegistryUrl(base, 'mirror', '--base-url ') : undefined
  keepHeapSmall()
  const source = parseSource(address, 'mirror')
  const [url, dir] = [source.kind === 'http' ? source.root : source.path, resolve(target)]
  const fetch = openSource(source)
  const progress = createProgressLines(process.stderr, Date.now, mirroring)
  progress.ask(url)
  try {
    return await mirrorRegistry({
      url,
      dir,
      fetch: (path, maxBytes, accept) => {
        if (stop.aborted) throw new SteleError('mirror_stopped', { dir })
        return fetch(path, maxBytes, accept)
      },
      progress: progress.show,
      contradicted: createContradictionSaver(userFolders(environment), (line) => {
        progress.clear()
        process.stderr.write(`${line}\n`)
      }),
      selection,
      baseUrl,
      rehash: options['rehash'] === true,
      ...(logKey === undefined ? {} : { logKey }),
      ...knownAt(source, userFolders(environment)),
    })
  } finally {
    progress.clear()
  }
}
