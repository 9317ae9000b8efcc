// Packages of many versions in Verdaccio's storage, written there: publishing them would take minutes.
import { hash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** Gives the package on disk its further versions, 1.1.0 and so on, each as the first one but for its number and digests. */
export function addVersions(path: string, versionCount: number): void {
  const packument: {
    readonly versions: Record<string, object>
    readonly time: Record<string, string>
  } = JSON.parse(readFileSync(path, 'utf8'))
  const first = JSON.stringify(packument.versions['1.0.0'])
  for (let at = 1; at < versionCount; at++) {
    const version = `1.${at}.0`
    packument.versions[version] = JSON.parse(
      first
        .replaceAll('1.0.0', version)
        .replace(/sha512-[^"]*/, `sha512-${hash('sha512', version, 'base64')}`)
        .replace(/"shasum":"[^"]*/, `"shasum":"${hash('sha1', version, 'hex')}`),
    )
    packument.time[version] = new Date(1_795_000_000_000 + at).toISOString()
  }
  writeFileSync(path, JSON.stringify(packument))
}
