// The public face of @stele/accounts/store.
export { type AccountStore, type TokenRow, type UserRow } from '../account-store.ts'
