// The one catalogue of error codes, told area by area. Codes are public: documented, never renamed, never reused.
import { type AccountDetails, accountErrors } from './catalogue/account.ts'
import { type CliDetails, cliErrors } from './catalogue/cli.ts'
import type { Entry } from './catalogue/entry.ts'
import { type FormatDetails, formatErrors } from './catalogue/format.ts'
import { type HostDetails, hostErrors } from './catalogue/host.ts'
import { type HttpDetails, httpErrors } from './catalogue/http.ts'
import { type InstallDetails, installErrors } from './catalogue/install.ts'
import { type LogDetails, logErrors } from './catalogue/log.ts'
import { type ProofDetails, proofErrors } from './catalogue/proof.ts'
import { type RegistryDetails, registryErrors } from './catalogue/registry.ts'
import { type TarballDetails, tarballErrors } from './catalogue/tarball.ts'
import { type UpstreamDetails, upstreamErrors } from './catalogue/upstream.ts'
import { type VerifyDetails, verifyErrors } from './catalogue/verify.ts'

export type { Catalogue, Entry } from './catalogue/entry.ts'

/** The facts that each code carries. */
export type DetailsOf = AccountDetails &
  CliDetails &
  FormatDetails &
  HostDetails &
  HttpDetails &
  InstallDetails &
  LogDetails &
  ProofDetails &
  RegistryDetails &
  TarballDetails &
  UpstreamDetails &
  VerifyDetails

/** Every code of the catalogue. */
export type ErrorCode = keyof DetailsOf

/** Code to status, message and fix. */
export const catalogue: { readonly [C in ErrorCode]: Entry<DetailsOf[C]> } = {
  ...accountErrors,
  ...cliErrors,
  ...formatErrors,
  ...hostErrors,
  ...httpErrors,
  ...installErrors,
  ...logErrors,
  ...proofErrors,
  ...registryErrors,
  ...tarballErrors,
  ...upstreamErrors,
  ...verifyErrors,
}
