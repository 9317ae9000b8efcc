// What a mirror run has done, as a person reads it.
import { listSpecs } from './list-specs.ts'
import type { MirrorReport } from './mirror-service.ts'

/** Some lines of text, the last one without its end. */
export function formatMirror(report: MirrorReport): string {
  const { origin, dir, size, newEntries, isSame, tarballs, packuments } = report
  if (isSame) return [`Nothing new: ${dir} holds ${origin} as it is`, ...leftOut(report)].join('\n')
  const { fetched, fetchedBytes, missing } = tarballs
  const shown = packuments
  return [
    `Mirrored ${origin} to ${dir}`,
    `  Log: ${size} entries, ${newEntries} of them new`,
    ...(report.repaired ? ['  The copy was damaged: all of it was read again'] : []),
    `  Tarballs: ${tarballs.held}, ${fetched} of them new (${fetchedBytes} bytes)`,
    ...(shown === null
      ? ['  npm: nothing for clients to install from; with --base-url there is']
      : [
          `  npm: ${shown.packages} packages with ${shown.versions} versions, ${shown.written} written, ${shown.removed} removed`,
        ]),
    ...listed('The registry does not give', missing),
    ...leftOut(report),
  ].join('\n')
}

function leftOut({
  unlearned,
  oddNames,
  absent,
  withoutBytes,
  tarballs,
}: MirrorReport): readonly string[] {
  return [
    ...(unlearned === 0
      ? []
      : [`  Not mirrored yet: ${unlearned} releases of upstreams that it has not looked into`]),
    ...(tarballs.refused === 0
      ? []
      : [`  Not mirrored: ${tarballs.refused} releases of upstreams that it gives nobody now`]),
    ...(withoutBytes === 0 ? [] : [`  Not there: the tarballs of ${withoutBytes} releases`]),
    ...listed('Not mirrored, since some disks cannot hold or keep apart such a name', oddNames),
    ...listed('It does not have', absent),
  ]
}

function listed(what: string, specs: readonly string[]): readonly string[] {
  if (specs.length === 0) return []
  return [`  ${what}: ${listSpecs(specs)}`]
}
