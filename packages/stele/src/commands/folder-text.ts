// What a person is told of a public folder that was compared with its log.
import type { FolderReport } from '@stele/log/published'

type Problem = FolderReport['differing'][number]['problem']

const words: { readonly [P in Problem]: string } = {
  database: 'is not in the data folder as the log says',
  beyond_log: 'belongs to a log with more entries',
  other_bytes: 'has other bytes than the log gives',
  unreadable_folder: 'cannot be read',
  unreadable_tile: 'cannot be read',
  damaged: 'is damaged',
  not_in_log: 'is not in the log',
}

/** Whether the folder now is what the log says. */
export function isFolderRight({ refused, differingCount, replaced }: FolderReport): boolean {
  return refused === null && differingCount === replaced
}

/** A line each. */
export function folderLines(report: FolderReport): readonly string[] {
  const { checked, differing, differingCount, refused } = report
  const found = `Compared ${files(checked)} of the public folder with the log`
  const more = differingCount - differing.length
  const lines = [
    differingCount === 0
      ? `${found}: all are right`
      : `${found}: ${files(differingCount)} not right`,
    ...differing.map(({ path, problem, reason }) => {
      return `  ${path} ${words[problem]}${reason === undefined ? '' : ` (${reason})`}`
    }),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
  if (refused !== null) return [...lines, `Nothing was written: ${refused}`]
  return [...lines, ...doneLines(report), ...nextLines(report)]
}

function doneLines({ written, writtenBytes, replaced, takenDown }: FolderReport): string[] {
  return [
    written === 0
      ? 'Nothing was missing'
      : `Wrote ${files(written)} that ${written === 1 ? 'was' : 'were'} not there, ${writtenBytes} bytes`,
    ...(replaced > 0 ? [`Replaced ${files(replaced)}`] : []),
    ...(takenDown > 0 ? [`Brought ${files(takenDown)} to what takedowns have left`] : []),
  ]
}

function nextLines({ differing, replaced, isHeldBack = false }: FolderReport): string[] {
  const has = (problem: Problem): boolean => differing.some((one) => one.problem === problem)
  return [
    ...(has('damaged') && replaced === 0
      ? [
          'The log proves what the damaged files must hold: "stele admin publish --replace" writes them anew',
        ]
      : []),
    ...(has('not_in_log') ? ['Files that are not in the log were left alone: delete them'] : []),
    ...(has('database')
      ? [
          'The data folder itself is damaged, so these files were not written: restore its database, and the files in "blobs", from a backup or a mirror',
        ]
      : []),
    ...(isHeldBack
      ? ['No checkpoint was published: it would cover tarballs that are not there']
      : []),
  ]
}

function files(count: number): string {
  return count === 1 ? 'one file' : `${count} files`
}
