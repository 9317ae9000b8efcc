// Owners of a package, one at a time, as pnpm changes them. npm and yarn send the whole list with the document (npm-wire D5).
import { SteleError } from '@stele/errors'
import { type PackageName, parsePackageName } from '@stele/formats/names'
import { type Draft, jsonDraft, type Route, textMember } from '@stele/http/routes'
import type { Access } from '../access.ts'
import type { NpmPorts } from './ports.ts'

type Tools = { readonly ports: Pick<NpmPorts, 'registry'>; readonly access: Access }

const listPath = '/-/package/:name/owners'

export function ownerRoutes(ports: Tools['ports'], access: Access): Route[] {
  const tools = { ports, access }
  return [
    {
      method: 'GET',
      path: listPath,
      answer: (_ask, params) => {
        const names = ownersOf(parsePackageName(params('name')), tools)
        return jsonDraft(
          200,
          names.map((name) => ({ name, email: '' })),
        )
      },
    },
    {
      method: 'PUT',
      path: listPath,
      answer: async (ask, params) => {
        const account = await access.needWriter(ask)
        const added = textMember(await ask.object(), 'user')
        if (added === undefined) {
          const reason = 'it has no "user"'
          throw new SteleError('request_invalid', { what: 'the request body', reason })
        }
        const change = (owners: readonly string[]): string[] => [...owners, added]
        return changeOwners(parsePackageName(params('name')), { account, change }, tools)
      },
    },
    {
      method: 'DELETE',
      path: `${listPath}/:owner`,
      answer: async (ask, params) => {
        const account = await access.needWriter(ask)
        const removed = params('owner')
        const change = (owners: readonly string[]): string[] => {
          if (owners.includes(removed)) return owners.filter((owner) => owner !== removed)
          throw new SteleError('not_found', { what: `"${removed.slice(0, 64)}" among the owners` })
        }
        return changeOwners(parsePackageName(params('name')), { account, change }, tools)
      },
    },
  ]
}

function ownersOf(name: PackageName, { ports }: Tools): readonly string[] {
  const owners = ports.registry.owners(name)
  if (owners === undefined) throw ports.registry.missing(name)
  return owners
}

async function changeOwners(
  name: PackageName,
  wish: {
    readonly account: string
    readonly change: (owners: readonly string[]) => string[]
  },
  tools: Tools,
): Promise<Draft> {
  const maintainers = wish.change(ownersOf(name, tools))
  await tools.ports.registry.changeDocument(wish.account, name, { document: { maintainers } })
  return jsonDraft(200, { ok: true })
}
