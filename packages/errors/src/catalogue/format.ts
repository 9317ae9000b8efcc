// Errors of names, versions, manifests and other text.
import type { Catalogue } from './entry.ts'

export type FormatDetails = {
  json_not_canonical: { readonly what: string; readonly reason: string }
  json_invalid: { readonly what: string; readonly reason: string }
  name_invalid: { readonly name: string; readonly reason: string }
  version_invalid: { readonly version: string; readonly reason: string }
  tag_invalid: { readonly tag: string; readonly reason: string }
  integrity_invalid: { readonly integrity: string; readonly reason: string }
  manifest_invalid: { readonly spec: string; readonly member: string; readonly reason: string }
  /** `line` counts from 1; 0 stands for the whole chunk. */
  chunk_invalid: { readonly line: number; readonly reason: string }
}

export const formatErrors: Catalogue<FormatDetails> = {
  json_not_canonical: {
    status: 400,
    message: (d) => `Cannot read ${d.what}: it is not canonical JSON, ${d.reason}`,
    fix: () => 'Write it by RFC 8785',
  },
  json_invalid: { status: 400, message: (d) => `Cannot read ${d.what} as JSON: ${d.reason}` },
  name_invalid: {
    status: 400,
    message: (d) => `Cannot use the package name "${d.name}": ${d.reason}`,
  },
  version_invalid: {
    status: 400,
    message: (d) => `Cannot use the version "${d.version}": ${d.reason}`,
    fix: () => 'Use a clean semantic version such as 1.2.3',
  },
  tag_invalid: { status: 400, message: (d) => `Cannot use the tag "${d.tag}": ${d.reason}` },
  integrity_invalid: {
    status: 400,
    message: (d) => `Cannot use the integrity "${d.integrity}": ${d.reason}`,
  },
  manifest_invalid: {
    status: 400,
    message: (d) => `Cannot use the manifest of ${d.spec}: ${d.member} ${d.reason}`,
  },
  chunk_invalid: {
    status: 400,
    message: (d) => `Cannot read the chunk${d.line === 0 ? '' : `, line ${d.line}`}: ${d.reason}`,
  },
}
