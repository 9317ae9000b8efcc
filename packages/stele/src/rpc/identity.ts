// Who signs calls: an Ed25519 key in a file of its owner's, and the account that it is.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs'
import { accountOfKey, type CallBody, callPayload, keyIdOf } from '@stele/entries/bodies'
import { SteleError } from '@stele/errors'
import { fileFault, readUserFile } from '../user-file.ts'

/** The owner of a key. */
export type Identity = {
  /** `ed25519:<base64url of the public key>`: who calls, as scripts see it. */
  readonly account: string
  /** Hex SHA-256 of the public key. */
  readonly keyId: string
  /** Signs a call, which names this identity's account and key; base64. */
  readonly sign: (call: CallBody) => string
}

/** Makes a new key in this file, which must not be there yet; only its owner can read it. Throws `data_invalid`. */
export function createIdentity(file: string): Identity {
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' })
  try {
    const opened = openSync(file, 'wx', 0o600)
    try {
      writeSync(opened, text.toString())
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const reason = isThere ? 'there is a file of this name already' : fileFault(cause)
    throw new SteleError('data_invalid', { path: file, reason }, { cause })
  }
  return identityOf(privateKey)
}

/** The identity in a file that `createIdentity` made. Throws `data_invalid`, also for a file that others may read. */
export function loadIdentity(file: string): Identity {
  const key = readKey(readUserFile(file))
  if (key?.asymmetricKeyType !== 'ed25519') {
    const reason = 'it holds no Ed25519 key; make one with "stele vm identity <file>"'
    throw new SteleError('data_invalid', { path: file, reason })
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    const reason = `others than its owner may read it; run: chmod 600 ${file}`
    throw new SteleError('data_invalid', { path: file, reason })
  }
  return identityOf(key)
}

/** What is wrong with a key may tell of it: nothing of that is shown. */
function readKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

function identityOf(privateKey: KeyObject): Identity {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Buffer.from(x, 'base64url')
  return {
    account: accountOfKey(publicKey),
    keyId: keyIdOf(publicKey),
    sign: (call) => sign(null, callPayload(call), privateKey).toString('base64'),
  }
}
