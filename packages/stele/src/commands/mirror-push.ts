// stele mirror push <destination>…: rsync, in an order in which every reader always finds a whole mirror.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { lockDataFolder } from '@stele/storage/folder'
import { type PushReport, pushMirror } from '../mirror/push.ts'
import { openRsync } from '../mirror/rsync.ts'
import { type Command, type Input, usageError } from './command.ts'

const wrongUsage = usageError('mirror push')

/** Fans a mirror out. */
export const mirrorPush: Command<PushReport> = {
  usage: {
    name: 'mirror push',
    summary: 'Copy a mirror to other machines with rsync, to any number of them side by side',
    arguments: '<destination...>',
    options: {
      folder: {
        type: 'string',
        value: 'folder',
        summary: 'the mirror, or the public folder of a registry; this folder when absent',
      },
    },
    notes: [
      'A destination is written as for rsync: rsync://host/module/path or host::module/path for its daemon, user@host:/path over ssh, or a folder.',
      'What a checkpoint stands for is there before the checkpoint is, and what is not needed any more goes last. Nothing but -/ and npm/ is sent or removed.',
      'A destination that holds another log, a newer one, or an npm/ of something else, is left as it is. The exit status is 1 where one of them failed.',
    ],
  },
  run,
  view: describe,
  exitCode: ({ destinations }) => (destinations.every(({ reason }) => reason === null) ? 0 : 1),
}

async function run({ positionals, options, stop }: Input): Promise<PushReport> {
  if (positionals.length === 0) {
    throw wrongUsage('Say where to: stele mirror push user@one.example:/srv/mirror')
  }
  // What a script's variable left empty would be the root of this machine's disk.
  if (positionals.includes('')) throw wrongUsage('A destination is empty: say where to')
  // rsync would take it for an option of its own.
  const odd = positionals.find((one) => one.startsWith('-') || one.includes('\0'))
  if (odd !== undefined) throw wrongUsage(`${JSON.stringify(odd)} is no destination of rsync`)
  const twice = positionals.find((one, at) => positionals.indexOf(one) !== at)
  if (twice !== undefined) throw wrongUsage(`"${twice}" is given twice`)
  const { folder } = options
  const dir = resolve(typeof folder === 'string' ? folder : '.')
  // A registry writes its public folder under a lock of another folder, and in the order that readers need.
  const lock = existsSync(join(dir, 'lock.db')) ? lockDataFolder(dir) : undefined
  try {
    return await pushMirror(dir, positionals, openRsync(stop))
  } finally {
    lock?.release()
  }
}

function describe({ dir, origin, size, destinations }: PushReport): string {
  return [
    `Pushed ${origin} with ${size} entries from ${dir}`,
    ...destinations.map(({ destination, reason, tookMs }) =>
      reason === null
        ? `  ${destination}: done in ${(tookMs / 1000).toFixed(1)} s`
        : `  ${destination}: failed: ${reason}`,
    ),
  ].join('\n')
}
