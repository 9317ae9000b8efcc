// Changes to a package that is there: tags, owners, stars, deprecation.
import { accountOf, activeCaller, requireActive } from './accounts.ts'
import { maxMessageLength, maxVersionsPerCall } from './limits.ts'
import {
  hostedDirectory,
  liveVersionOf,
  noticeOf,
  requireOwner,
  writeNotice,
  writeTag,
} from './packages.ts'
import { membersOf, objectOf, refuse, textOf, wrong } from './refuse.ts'
import { exists, list, read, remove, write } from './system.ts'
import { tagOf } from './versions.ts'

/** Points a tag to a live version: `{name, tag, version}`. By an owner. */
export function tag(request: unknown): void {
  const asked = membersOf(request, 'the request', { wanted: ['name', 'tag', 'version'] })
  const directory = hostedDirectory(asked['name'])
  requireOwner(directory)
  const version = liveVersionOf(directory, asked['version'])
  writeTag(directory, tagOf(asked['tag']), version)
}

/** Removes a tag: `{name, tag}`. By an owner; never `latest`, which every client needs. */
export function untag(request: unknown): void {
  const asked = membersOf(request, 'the request', { wanted: ['name', 'tag'] })
  const directory = hostedDirectory(asked['name'])
  requireOwner(directory)
  const name = tagOf(asked['tag'])
  if (name === 'latest')
    throw refuse(
      'tag_needed',
      'Cannot remove the tag "latest": every package needs it; point it to another version instead',
    )
  const path = `${directory}/tags/${name}`
  if (read(path) === undefined) throw refuse('tag_not_found', `Cannot find the tag "${name}"`)
  remove(path)
}

/** Makes an active account an owner: `{name, account}`. By an owner or the operator. */
export function addOwner(request: unknown): void {
  const asked = membersOf(request, 'the request', { wanted: ['name', 'account'] })
  const directory = hostedDirectory(asked['name'])
  requireOwner(directory, { orOperator: true })
  const account = accountOf(asked['account'])
  requireActive(account)
  write(`${directory}/owners`, account, 'owner')
}

/** Ends an ownership: `{name, account}`. By an owner or the operator; the last owner stays. */
export function removeOwner(request: unknown): void {
  const asked = membersOf(request, 'the request', { wanted: ['name', 'account'] })
  const directory = hostedDirectory(asked['name'])
  requireOwner(directory, { orOperator: true })
  const account = accountOf(asked['account'])
  if (!exists(`${directory}/owners/${account}`)) {
    throw refuse(
      'owner_not_found',
      `Cannot remove the owner "${account}": that account is not an owner of the package`,
    )
  }
  if (list(`${directory}/owners`).length === 1) {
    throw refuse(
      'last_owner',
      `Cannot remove the owner "${account}": a package must keep at least one owner; add another one first`,
    )
  }
  remove(`${directory}/owners/${account}`)
}

/** Marks a package as liked by the caller: `{name}`. By anyone active. */
export function star(request: unknown): void {
  const directory = hostedDirectory(membersOf(request, 'the request', { wanted: ['name'] })['name'])
  write(`${directory}/stars`, activeCaller(), '')
}

/** Takes the caller's star back: `{name}`. */
export function unstar(request: unknown): void {
  const directory = hostedDirectory(membersOf(request, 'the request', { wanted: ['name'] })['name'])
  const path = `${directory}/stars/${activeCaller()}`
  if (read(path) !== undefined) remove(path)
}

/** Says why versions should not be used: `{name, versions: {<version>: message}}`; '' takes it back. By an owner. */
export function deprecate(request: unknown): void {
  const asked = membersOf(request, 'the request', { wanted: ['name', 'versions'] })
  const directory = hostedDirectory(asked['name'])
  requireOwner(directory)
  const messages = Object.entries(objectOf(asked['versions'], 'versions'))
  if (messages.length > maxVersionsPerCall) {
    throw wrong('versions', `must have at most ${maxVersionsPerCall} members`)
  }
  for (const [key, value] of messages) {
    const version = liveVersionOf(directory, key)
    const message = textOf(value, 'the message', maxMessageLength)
    const { deprecated: _, ...notice } = noticeOf(directory, version)
    writeNotice(directory, version, message === '' ? notice : { ...notice, deprecated: message })
  }
}
