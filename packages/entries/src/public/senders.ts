// The public face of @stele/entries/senders.
export type { CallSender, SignedBy, VouchedVia } from '../call-request.ts'
