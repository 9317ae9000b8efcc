// What the bodies of all requests may hold in memory together, and who makes room where it is used up.
import { SteleError } from '@stele/errors'
import { busyRetryS, maxSenderParts } from './limits.ts'

/** Who sends a body: his address and, where it is known, his account. */
export type Sender = { readonly client: string; readonly account?: string | undefined }

/** What one body holds. */
type BodyShare = {
  /** So many bytes more came: throws server_busy where there is no room for them. */
  readonly take: (sizeBytes: number) => void
  /** All of it came: from now on it makes no room for others. */
  readonly arrived: () => void
  /** Gives everything back. */
  readonly release: () => void
}

/** The bodies that are in memory. */
export type BodyBudget = {
  /** `cut` ends the body that still comes, because somebody who holds less needs the room. */
  readonly open: (sender: Sender, cut: (error: SteleError) => void) => BodyShare
  readonly usedBytes: () => number
}

type Holding = {
  readonly keys: readonly string[]
  readonly cut: (error: SteleError) => void
  sizeBytes: number
  isComing: boolean
}

/**
 * A budget of so many bytes. No address and no account has more than three quarters of it; and where it is used up, the
 * body goes that comes from whoever holds most: a few slow uploads must not keep everybody else out.
 */
export function createBodyBudget(limitBytes: number): BodyBudget {
  const open = new Set<Holding>()
  const bySender = new Map<string, number>()
  let usedBytes = 0
  const add = (holding: Holding, sizeBytes: number): void => {
    holding.sizeBytes += sizeBytes
    usedBytes += sizeBytes
    for (const key of holding.keys) {
      const sum = (bySender.get(key) ?? 0) + sizeBytes
      if (sum === 0) bySender.delete(key)
      else bySender.set(key, sum)
    }
  }
  const release = (holding: Holding): void => {
    if (!open.delete(holding)) return
    add(holding, -holding.sizeBytes)
  }
  const weigh = ({ keys }: Holding): number =>
    Math.max(...keys.map((key) => bySender.get(key) ?? 0))
  /** Of whoever holds most, the largest body that still comes. */
  const heaviest = (): Holding | undefined =>
    [...open]
      .filter(({ isComing }) => isComing)
      .reduce<Holding | undefined>((most, one) => {
        if (most === undefined) return one
        const more = weigh(one) - weigh(most)
        return more > 0 || (more === 0 && one.sizeBytes > most.sizeBytes) ? one : most
      }, undefined)
  const makeRoom = (holding: Holding): void => {
    while (usedBytes > limitBytes) {
      const one = heaviest()
      if (one === undefined || one === holding || weigh(one) <= weigh(holding)) throw busy()
      release(one)
      one.cut(busy())
    }
  }
  return {
    usedBytes: () => usedBytes,
    open: ({ client, account }, cut) => {
      const keys = [`address ${client}`, ...(account === undefined ? [] : [`account ${account}`])]
      const holding: Holding = { keys, cut, sizeBytes: 0, isComing: true }
      open.add(holding)
      return {
        take: (sizeBytes) => {
          if (!open.has(holding)) return // It was cut, and what was on its way still comes.
          add(holding, sizeBytes)
          if (weigh(holding) > limitBytes * maxSenderParts) throw busy()
          makeRoom(holding)
        },
        arrived: () => {
          holding.isComing = false
        },
        release: () => release(holding),
      }
    },
  }
}

function busy(): SteleError {
  const reason = 'too many uploads run at once'
  return new SteleError('server_busy', { reason, retryAfterS: busyRetryS })
}
