// GET /: a page for people, and for programs the facts that registries give there (npm-wire P11).
import { type Draft, jsonDraft, type Route, revalidate } from '@stele/http/routes'
import type { FacePorts } from '../ports.ts'
import { signUpDecision } from '../sign-up.ts'
import { formatHomePage, pagePolicy } from './home-page.ts'

type Ports = Pick<FacePorts, 'log' | 'settings'>

export function homeRoutes({ log, settings }: Ports): Route[] {
  const showPage: Route['answer'] = (asked) => {
    const page = {
      baseUrl: asked.baseUrl(),
      mayVisitorSignUp: signUpDecision(asked.ask, settings).allowed,
      origin:
        Buffer.from(log.checkpoint() ?? '')
          .toString('utf8')
          .split('\n', 1)[0] ?? '',
      entries: log.treeSize(),
      vkey: log.keys().split('\n', 1)[0] ?? '',
    }
    return htmlDraft(formatHomePage(page))
  }
  const showFacts = (): Draft =>
    jsonDraft(200, { db_name: 'stele', update_seq: log.treeSize() }, { vary: 'Accept' })
  return [
    {
      method: 'GET',
      path: '/',
      answer: (asked, params) =>
        wantsPage(asked.ask.headers['accept']) ? showPage(asked, params) : showFacts(),
    },
  ]
}

/** Browsers name text/html first; package managers and curl never do. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.split(/[,;]/, 1)[0]?.trim().toLowerCase() === 'text/html'
}

function htmlDraft(html: string): Draft {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': revalidate,
    'content-security-policy': pagePolicy,
    'referrer-policy': 'no-referrer',
    vary: 'Accept',
  }
  return { status: 200, headers, body: Buffer.from(html), codable: true }
}
