// Passwords: argon2id, stored as PHC text. Checking costs the same whether the user exists or not.
import { argon2, timingSafeEqual } from 'node:crypto'
import { SteleError } from '@stele/errors'
import { maxPasswordLength, minPasswordLength } from './limits.ts'

/** What one hash costs. */
export type PasswordCost = {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
}

/** 19 MiB, two passes, one lane: the first choice of OWASP's password storage sheet. */
export const defaultPasswordCost: PasswordCost = {
  memoryKib: 19 * 1024,
  passes: 2,
  parallelism: 1,
}

/** Random bytes in a hash's salt. */
export const saltBytes = 16

const tagBytes = 32
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Refuses a password that is too short or too long. Throws password_invalid. */
export function checkNewPassword(password: string): void {
  const { length } = password
  if (length < minPasswordLength) throw invalid(`it has fewer than ${minPasswordLength} characters`)
  if (length > maxPasswordLength) throw invalid(`it has more than ${maxPasswordLength} characters`)
  if (!password.isWellFormed()) throw invalid('it holds a lone surrogate')
}

/** PHC text `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. `salt` has 16 bytes. */
export async function hashPassword(
  password: string,
  salt: Uint8Array,
  cost: PasswordCost,
): Promise<string> {
  const tag = await derive(password, salt, cost)
  const { memoryKib, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

/**
 * True when the password is the one that was hashed. Where there is no hash (an unknown user) the same work is done
 * with the cost given, and the answer is false.
 */
export async function isPassword(
  password: string,
  stored: string | undefined,
  cost: PasswordCost,
): Promise<boolean> {
  if (password.length > maxPasswordLength * 2) return false
  if (stored === undefined) {
    await derive(password, new Uint8Array(saltBytes), cost)
    return false
  }
  const [, memory, passes, parallelism, salt, tag] = phc.exec(stored) ?? []
  if (salt === undefined || tag === undefined) throw new Error('A stored password hash is broken')
  const found = await derive(password, Buffer.from(salt, 'base64'), {
    memoryKib: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  const wanted = Buffer.from(tag, 'base64')
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

function derive(password: string, salt: Uint8Array, cost: PasswordCost): Promise<Uint8Array> {
  const { memoryKib: memory, passes, parallelism } = cost
  const options = {
    message: password,
    nonce: salt,
    parallelism,
    tagLength: tagBytes,
    memory,
    passes,
  }
  return new Promise((resolve, reject) => {
    argon2('argon2id', options, (error, tag) => (error === null ? resolve(tag) : reject(error)))
  })
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

function invalid(reason: string): SteleError {
  return new SteleError('password_invalid', { reason })
}
