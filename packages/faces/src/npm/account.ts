// The caller's own account: whoami and profile (npm-wire A3, A5).

import { SteleError } from '@stele/errors'
import type { JsonObject } from '@stele/formats/json'
import { isJsonObject } from '@stele/formats/json'
import { type Ask, type Draft, ownDraft, type Route, textMember } from '@stele/http/routes'
import type { Access } from '../access.ts'
import { maxLogInBytes } from '../limits.ts'
import type { NpmPorts } from './ports.ts'

type Tools = { readonly ports: Pick<NpmPorts, 'accounts'>; readonly access: Access }

const profilePath = '/-/npm/v1/user'

export function accountRoutes(ports: Pick<NpmPorts, 'accounts'>, access: Access): Route[] {
  const tools = { ports, access }
  return [
    {
      method: 'GET',
      path: '/-/whoami',
      answer: async (ask) => ownDraft(200, { username: (await access.need(ask)).account }),
    },
    {
      method: 'GET',
      path: profilePath,
      answer: async (ask) => profileDraft((await access.need(ask)).account, tools),
    },
    { method: 'POST', path: profilePath, answer: (ask) => changeProfile(ask, tools) },
  ]
}

function profileDraft(account: string, { ports }: Tools): Draft {
  return ownDraft(200, profileOf(account, ports))
}

function profileOf(account: string, ports: Tools['ports']): JsonObject {
  const profile = ports.accounts.profile(account)
  return {
    name: profile.account,
    email: profile.email ?? '',
    email_verified: false,
    tfa: false,
    fullname: '',
    created: new Date(profile.createdMs).toISOString(),
    updated: new Date(profile.updatedMs).toISOString(),
  }
}

/**
 * Password and e-mail address can be changed; what else npm knows is not kept here. npm sends what it was shown back with
 * the change, so only what differs counts; and that is one thing, so that a refusal leaves nothing half done.
 */
async function changeProfile(ask: Ask, tools: Tools): Promise<Draft> {
  const { account, readonly } = await tools.access.need(ask)
  if (readonly) throw new SteleError('token_read_only', { account })
  const body = await ask.object({ bytes: maxLogInBytes })
  const shown = profileOf(account, tools.ports)
  const changes = Object.entries(body).filter(([member, value]) => {
    const now = Object.hasOwn(shown, member) ? shown[member] : ''
    return (value ?? '') !== now
  })
  const other = changes.find(([member]) => member !== 'password' && member !== 'email')
  if (other !== undefined) {
    throw new SteleError('not_offered', { what: `change "${other[0].slice(0, 40)}" of a profile` })
  }
  if (changes.length > 1) {
    const reason = 'it changes the password and the e-mail address at once'
    throw new SteleError('request_invalid', { what: 'the request body', reason })
  }
  for (const [member, value] of changes) {
    if (member === 'password') await changePassword(ask, { account, value }, tools)
    else tools.ports.accounts.setEmail(account, textMember(body, member) ?? null)
  }
  return profileDraft(account, tools)
}

async function changePassword(
  ask: Ask,
  change: { readonly account: string; readonly value: JsonObject[string] | undefined },
  { ports }: Tools,
): Promise<void> {
  const { account, value } = change
  const old = isJsonObject(value) ? textMember(value, 'old') : undefined
  const wanted = isJsonObject(value) ? textMember(value, 'new') : undefined
  if (old === undefined || wanted === undefined) {
    const reason = 'it is not {"old": …, "new": …}'
    throw new SteleError('request_invalid', { what: '"password" of the request body', reason })
  }
  await ports.accounts.changePassword({ account, password: old, address: ask.client }, wanted)
}
