// What a clone has done, as a person reads it.
import type { CloneReport } from './clone-service.ts'

/** Some lines of text, the last one without its end. */
export function formatClone({
  dir,
  origin,
  size,
  newEntries,
  files,
  repaired,
}: CloneReport): string {
  const lines = [
    `Cloned ${origin} to ${dir}`,
    `  Call log: ${size} entries, ${newEntries} of them new`,
    ...(repaired ? ['  The copy was damaged: all of it was read again'] : []),
  ]
  if (files === null)
    return [...lines, '  Files: not known, since the log lacks too much'].join('\n')
  const { total, written, removed, respelt, foreign, withheld } = files
  return [
    ...lines,
    `  Files: ${total}, ${written} of them written, ${removed} removed`,
    ...(respelt > 0 ? [`  ${respelt} names are written with % in the copy`] : []),
    ...(withheld.length > 0 ? [`  Taken down, and not there: ${shown(withheld)}`] : []),
    ...(foreign.length > 0 ? [`  Not of the service, and left alone: ${shown(foreign)}`] : []),
  ].join('\n')
}

function shown(paths: readonly string[]): string {
  const some = paths.slice(0, 5).map((path) => JSON.stringify(path))
  return paths.length > some.length ? `${some.join(', ')} and others` : some.join(', ')
}
