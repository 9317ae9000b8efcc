// Which pages on the web may read the log.
import type { FaceSettings } from '../ports.ts'

/**
 * Any page may audit a registry with a public address. Without one it may be a company's own, or one machine's, and a page
 * that somebody there opens must not read it to strangers.
 */
export function auditHeaders({
  publicUrl,
}: Pick<FaceSettings, 'publicUrl'>): Record<string, string> {
  return publicUrl === undefined ? {} : { 'access-control-allow-origin': '*' }
}
