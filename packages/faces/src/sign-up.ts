// Whether whoever sends this request may make an account: the operator's setting, and where the request comes from.
import { signUpAllowed } from '@stele/accounts'
import type { Ask } from '@stele/http'
import type { FaceSettings } from './ports.ts'

/** Whether the sender may sign up, and if not, why. */
export function signUpDecision(
  { peer, httpVersion, headers }: Ask,
  settings: FaceSettings,
): ReturnType<typeof signUpAllowed> {
  const { signUp, listensOnLoopback, publicUrl, trustedProxies } = settings
  const isPublished = publicUrl !== undefined || trustedProxies.length > 0
  return signUpAllowed(
    { signUp, listensOnLoopback, isPublished },
    { peer, httpVersion, host: headers['host'], headerNames: Object.keys(headers) },
  )
}
