// Whether whoever sends this request may make an account: the operator's setting, and where the request comes from.
import { type SignUpDecision, type SignUpSettings, signUpAllowed } from '@stele/accounts'
import type { Incoming } from '@stele/http'

/** Whether the sender may sign up, and if not, why. */
export function signUpDecision(
  { peer, httpVersion, headers }: Incoming,
  settings: SignUpSettings,
): SignUpDecision {
  const headerNames = Object.keys(headers)
  return signUpAllowed(settings, { peer, httpVersion, host: headers['host'], headerNames })
}
