// GET / for people: a page with the commands for this address. Programs get the facts of the npm face there.
import { type Draft, type Route, revalidate } from '@stele/http/routes'
import { signUpDecision } from '../sign-up.ts'
import { formatHomePage } from './home-page.ts'
import { htmlDraft } from './html.ts'
import { iconSvg, pagePolicy } from './page.ts'
import type { WebPorts } from './ports.ts'

/** Taken only where Accept names HTML first, as browsers do and package managers never do. */
export function homeRoutes({ log, registry, signUp }: WebPorts): Route[] {
  const showPage: Route['answer'] = (ask) => {
    const page = {
      baseUrl: ask.baseUrl(),
      mayVisitorSignUp: signUpDecision(ask, signUp).allowed,
      origin:
        Buffer.from(log.checkpoint() ?? '')
          .toString('utf8')
          .split('\n', 1)[0] ?? '',
      entries: log.treeSize(),
      vkey: log.keys().split('\n', 1)[0] ?? '',
      upstreams: registry.upstreams,
      isHoldingBack: registry.heldBack !== undefined,
      conflicts: registry.conflicts({ from: 0, size: 0 }).counts,
    }
    return htmlDraft(formatHomePage(page))
  }
  return [
    { method: 'GET', path: '/', accepts: 'text/html', answer: showPage },
    { method: 'GET', path: '/favicon.ico', answer: showIcon }, // Browsers ask for it; no package may be called so.
  ]
}

function showIcon(): Draft {
  const headers = {
    'content-type': 'image/svg+xml',
    'cache-control': revalidate,
    'content-security-policy': pagePolicy,
  }
  return { status: 200, headers, body: Buffer.from(iconSvg), codable: true }
}
