// Which pages on the web may read the log.

/**
 * Any page may audit a registry with a public address. Without one it may be a company's own, or one machine's, and a page
 * that somebody there opens must not read it to strangers.
 */
export function auditHeaders(isPublic: boolean): Record<string, string> {
  return isPublic ? { 'access-control-allow-origin': '*' } : {}
}
