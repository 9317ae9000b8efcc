// The settings of the npm face.
import { type Section, size } from '@stele/settings'
import { defaultMaxUploadBytes, largestMaxUploadBytes } from '../limits.ts'

/** What the operator says about npm. */
export type NpmSettings = { readonly maxUploadBytes: number }

export const npmSection: Section<NpmSettings> = {
  name: '',
  fields: {
    maxUploadBytes: {
      summary: 'the largest request body, decoded',
      kind: size(1024, largestMaxUploadBytes),
      fallback: defaultMaxUploadBytes,
    },
  },
}
