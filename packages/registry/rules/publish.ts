// Publishing: a release is set once, by an owner; a new name belongs to whoever publishes it first.
import { activeCaller } from './accounts.ts'
import { maxTagsPerPublish } from './limits.ts'
import { directoryOf, holdersOf, nameOf, requireFreeName } from './names.ts'
import { requireHosted, requireOwner, writeTag } from './packages.ts'
import { contentsOf, integrityOf, recordTextOf } from './record.ts'
import { membersOf, refuse, textsOf } from './refuse.ts'
import { createLines } from './seen.ts'
import { exists, read, write } from './system.ts'
import { tagOf, versionOf } from './versions.ts'

/**
 * Adds a release: `{name, version, integrity, record, contents, tags, upstream?}`. `record` is canonical JSON as text.
 * A version is never published twice, also not after it was removed. The first release is `latest` whatever its tags.
 */
export function publish(request: unknown): void {
  const wanted = ['name', 'version', 'integrity', 'record', 'contents', 'tags']
  const asked = membersOf(request, 'the release', { wanted, allowed: ['upstream'] })
  const [name, version] = [nameOf(asked['name']), versionOf(asked['version'])]
  const contents = contentsOf(asked['contents'])
  const integrity = integrityOf(asked['integrity'], contents.sha512)
  const record = recordTextOf(asked['record'], name, version)
  const tags = textsOf(asked['tags'], 'the list of tags', maxTagsPerPublish).map(tagOf)

  const directory = directoryOf(name)
  const origin = read(`${directory}/origin`)
  if (origin === undefined) claim(name, asked['upstream'])
  else {
    requireHosted(name, origin)
    requireOwner(directory)
  }
  if (wasPublished(directory, version)) {
    throw refuse(
      'version_exists',
      `Cannot publish ${name}@${version}: that version was published before, and versions are never reused`,
    )
  }
  const { files, manifest, sha512, size } = contents
  write(`${directory}/versions`, version, `{"integrity":"${integrity}","record":${record}}`)
  write(`${directory}/contents`, version, JSON.stringify({ files, manifest, sha512, size }))
  for (const tag of tags) writeTag(directory, tag, version)
  if (read(`${directory}/tags/latest`) === undefined) write(`${directory}/tags`, 'latest', version)
}

/** Also where an upstream did, before the name belonged here: somebody may have it by that number. */
function wasPublished(directory: string, version: string): boolean {
  return (
    exists(`${directory}/versions/${version}`) || createLines()(directory, version) !== undefined
  )
}

/** Makes the package, with the caller as its owner. */
function claim(name: string, upstream: unknown): void {
  const caller = activeCaller()
  requireFreeName(name, caller)
  if (upstream !== undefined) {
    const asked = membersOf(upstream, 'upstream', { wanted: ['asked', 'exists'] })
    if (asked['exists'] !== false && holdersOf(name).length === 0) {
      throw refuse(
        'name_taken',
        `Cannot publish "${name}": an upstream has a package of that name; reserve it first`,
      )
    }
  }
  write(directoryOf(name), 'origin', 'hosted')
  write(`${directoryOf(name)}/owners`, caller, 'owner')
}
