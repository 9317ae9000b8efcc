// stele mirror pack and unpack: a mirror as one file, across to where no network goes.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { lockDataFolder } from '@stele/storage/folder'
import { type MirrorReport, mirrorRegistry } from '../mirror/mirror-service.ts'
import { formatMirror } from '../mirror/mirror-text.ts'
import { openPack, type PackReport, packMirror } from '../mirror/pack.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { parseLogKey } from '../sources/log-key.ts'
import { parseRegistryUrl } from '../sources/registry-source.ts'
import { userFolders } from '../user-folders.ts'
import { createContradictionSaver } from '../verify/contradiction-saver.ts'
import { createProgressLines, unpacking } from '../verify/progress-lines.ts'
import { type Command, type Input, usageError } from './command.ts'

/** Makes the file. */
export const mirrorPack: Command<PackReport> = {
  usage: {
    name: 'mirror pack',
    summary: 'Put a mirror into one file, to carry it to where no network goes',
    arguments: '<folder> <file>',
    options: {},
    notes: [
      'The file is a tar of the log and the tarballs. "stele mirror unpack" checks all of it, so whoever carries it need not be trusted.',
    ],
  },
  run: pack,
  view: ({ file, origin, size, files, bytes }) =>
    `Packed ${origin} with ${size} entries into ${file}: ${files} files, ${bytes} bytes`,
}

async function pack({ positionals, stop }: Input): Promise<PackReport> {
  const [folder, file] = twoOf('mirror pack', positionals, './mirror mirror.tar')
  const dir = resolve(folder)
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    const reason = `"${file}" is a folder: give a file, such as ${join(file, 'mirror.tar')}`
    throw usageError('mirror pack')(reason)
  }
  const lock = existsSync(join(dir, 'lock.db')) ? lockDataFolder(dir) : undefined
  try {
    return packMirror(dir, resolve(file), stop)
  } finally {
    lock?.release()
  }
}

/** Makes a mirror of the file, or brings one up to date with it. */
export const mirrorUnpack: Command<MirrorReport> = {
  usage: {
    name: 'mirror unpack',
    summary: 'Make a mirror of a file that "stele mirror pack" made, checked on the way',
    arguments: '<file> <folder>',
    options: {
      'base-url': {
        type: 'string',
        value: 'url',
        summary: 'where people reach the folder: npm/ is written, for npm and other clients',
      },
      key: {
        type: 'string',
        value: 'key',
        summary: "the log's key, or its fingerprint, known beforehand",
      },
    },
    notes: [
      'Signatures, hashes and digests are checked as "stele mirror" checks those of a registry. A folder that holds a mirror is brought up to date.',
      'A file of another log, or an older one than the folder has, changes nothing. --key says which log it must be at the first time.',
    ],
  },
  run: unpack,
  view: formatMirror,
  exitCode: ({ tarballs }) => (tarballs.missing.length === 0 ? 0 : 1),
}

async function unpack({ positionals, options, environment, stop }: Input): Promise<MirrorReport> {
  const [path, target] = twoOf('mirror unpack', positionals, 'mirror.tar ./mirror')
  const [file, dir] = [resolve(path), resolve(target)]
  const { key, 'base-url': base } = options
  const logKey = typeof key === 'string' ? parseLogKey(key, 'mirror unpack') : undefined
  const baseUrl =
    typeof base === 'string' ? parseRegistryUrl(base, 'mirror unpack', '--base-url ') : undefined
  const progress = createProgressLines(process.stderr, Date.now, unpacking)
  keepHeapSmall()
  using opened = openPack(file)
  try {
    return await mirrorRegistry({
      url: file,
      dir,
      fetch: (address, maxBytes) => {
        if (stop.aborted) throw new SteleError('mirror_stopped', { dir })
        return opened.fetch(address, maxBytes)
      },
      has: opened.has,
      progress: progress.show,
      contradicted: createContradictionSaver(userFolders(environment), (line) => {
        progress.clear()
        process.stderr.write(`${line}\n`)
      }),
      selection: 'all',
      baseUrl,
      ...(logKey === undefined ? {} : { logKey }),
    })
  } finally {
    progress.clear()
  }
}

function twoOf(
  command: string,
  [from, to, ...more]: readonly string[],
  example: string,
): readonly [string, string] {
  const wrongUsage = usageError(command)
  if (from === undefined || to === undefined) {
    throw wrongUsage(`Say what and where to: stele ${command} ${example}`)
  }
  if (more.length > 0) throw wrongUsage(`Too many arguments: ${more.join(' ')}`)
  return [from, to]
}
