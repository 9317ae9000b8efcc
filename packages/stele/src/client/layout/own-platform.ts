// This machine, as packages name the machines that they are for.
import type { Platform } from '@stele/install'

let knownLibc: string | undefined

/** This machine. */
export const ownPlatform: Platform = {
  os: process.platform,
  cpu: process.arch,
  get libc() {
    if (process.platform === 'linux') knownLibc ??= findLibc()
    return knownLibc
  },
}

/**
 * What Node was linked with, as its diagnostic report says, which takes some milliseconds to write; far longer with the network in it,
 * since it asks name servers for the name of every open connection's other end.
 */
function findLibc(): string {
  Object.assign(process.report, { excludeNetwork: true })
  const text = JSON.stringify(process.report.getReport())
  return text.includes('glibcVersionRuntime') ? 'glibc' : 'musl'
}
