// Changes of the rules that a simulated service runs: config entries, signed with its root key.
import { hash } from 'node:crypto'
import { type ConfigBody, formatBody, rootPayload, rootsAccount } from '@stele/entries/bodies'
import { isSteleError } from '@stele/errors'
import type { JsonValue } from '@stele/formats/json'
import { createEd25519Signer } from '@stele/tlog/keys'
import { randomCall, submitAll } from './calls.ts'
import { scriptText } from './script.ts'
import { origin, seeds, settle, type World } from './world.ts'

/** Puts another script or other limits in force, amidst calls that ask which script runs them. */
export async function changeRules(world: World): Promise<void> {
  const { running, disk, chance, trace } = world
  if (running === undefined) throw new Error('The service is open')
  const asking = (): Promise<void> =>
    submitAll(world, [{ ...randomCall(chance), method: 'which' }, randomCall(chance)])
  const { nextSeq, settings } = await running.service.readRules()
  const text = Buffer.from(scriptText(++world.serial))
  const name = hash('sha512', text)
  const isScript = chance.oneIn(2)
  const { limits } = settings
  const set = isScript ? { script: name } : { limits: { ...limits, gas: 1_000 + world.serial } }
  trace.push(isScript ? `script ${world.serial}` : 'other limits')
  const body = formatBody(signed({ seq: nextSeq, set }))
  const blobs: Record<string, string> = isScript ? { [name]: text.toString('base64') } : {}
  const applied = running.service.applyRules({ body, blobs }).then(
    ({ index }) => {
      if (running === world.running) world.changes.push({ index, set })
    },
    (error: unknown) => {
      if (!disk.isCut && !isSteleError(error)) throw error
    },
  )
  const asked = asking()
  await settle()
  if (disk.isCut) return
  await Promise.all([applied, asked])
  await asking()
}

function signed({ seq, set }: { seq: number; set: Record<string, JsonValue> }): ConfigBody {
  const root = createEd25519Signer(`${origin}/root`, seeds.root)
  const via = { type: 'host' } as const
  const body = { v: 1, origin, account: rootsAccount, seq, via, set, signatures: [] } as const
  const signature = Buffer.from(root.sign(rootPayload(body))).toString('base64')
  return { ...body, signatures: [{ key: root.vkey, signature }] }
}
