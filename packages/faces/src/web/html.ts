// A page as an answer: it may show itself, and no more.
import { type Draft, revalidate } from '@stele/http/routes'
import { pagePolicy } from './page.ts'

/** An HTML document. */
export function htmlDraft(html: string): Draft {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': revalidate,
    'content-security-policy': pagePolicy,
    'referrer-policy': 'no-referrer',
  }
  return { status: 200, headers, body: Buffer.from(html), codable: true }
}
